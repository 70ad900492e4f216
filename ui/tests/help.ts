// What the tests of the windows share: a fake owner, a rendered window, and axe.

import { render, screen } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import axe from 'axe-core';
import { tick } from 'svelte';
import { expect } from 'vitest';
import type { CommandName } from '../src/backend/backend';
import { Fake } from '../src/backend/fake/fake';
import type { Text } from '../src/text';
import { speak } from '../src/text';
import { de } from '../src/text/de';
import { en } from '../src/text/en';
import CardWindow from '../src/views/card/CardWindow.svelte';
import MainWindow from '../src/views/main/MainWindow.svelte';
import SearchWindow from '../src/views/search/SearchWindow.svelte';

export const LANGUAGES: [string, Text][] = [
  ['en', en],
  ['de', de],
];
export const ANNA = '030 23125 045';
export const INITECH = '(415) 555-0100';
export const STRANGER = '+44 20 7946 0018';

const WINDOWS = { card: CardWindow, search: SearchWindow, main: MainWindow };

export async function start(view: keyof typeof WINDOWS, options: { fake?: Fake; text?: Text; page?: string; quit?: boolean } = {}) {
  const fake = options.fake ?? new Fake();
  speak(options.text ?? en);
  const user = userEvent.setup();
  const Window = WINDOWS[view] as typeof MainWindow;
  const rendered = render(Window, { props: { backend: fake, page: options.page, quit: options.quit } });
  await settle();
  return { fake, user, ...rendered };
}

/** Lets answers of the fake and what follows from them arrive. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
  await tick();
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
  await tick();
}

export const get = (id: string) => screen.getByTestId(id);
export const maybe = (id: string) => screen.queryByTestId(id);
/** A press by keyboard or assistive technology: no pointer, so nothing is held back. */
export async function press(id: string): Promise<void> {
  get(id).click();
  await settle();
}

/** Types into a field and, as people do, goes on to the next one. */
export async function fill(id: string, text: string, leave = true) {
  const field = get(id) as HTMLInputElement;
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  if (leave) field.dispatchEvent(new Event('change', { bubbles: true }));
  await settle();
}

export const asked = (fake: Fake, name: CommandName) => fake.asked.filter((one) => one.name === name).map((one) => one.args as Record<string, unknown>);
export const told = (fake: Fake, kind: string) => fake.shell.filter((one) => one.kind === kind);

/** jsdom paints nothing, so contrast is measured in a browser instead (see README). */
export async function accessible(node: Element = document.body): Promise<void> {
  const { violations } = await axe.run(node, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false }, 'page-has-heading-one': { enabled: false } } });
  expect(violations.map((one) => `${one.id}: ${one.nodes.map((each) => each.html).join(' ')}`)).toEqual([]);
}
