// The keys that are heard in every program, in the order of the page.

import type { SettingsDto } from '../../../backend/generated';

export type HotkeyName = Extract<keyof SettingsDto, `${string}_hotkey`>;

export const HOTKEYS: { name: HotkeyName; text: 'searchHotkey' | 'cardHotkey' | 'presentHotkey' | 'sayHotkey'; testid: string }[] = [
  { name: 'search_hotkey', text: 'searchHotkey', testid: 'settings-search-hotkey' },
  { name: 'card_hotkey', text: 'cardHotkey', testid: 'settings-card-hotkey' },
  { name: 'present_hotkey', text: 'presentHotkey', testid: 'settings-present-hotkey' },
  { name: 'say_hotkey', text: 'sayHotkey', testid: 'settings-say-hotkey' },
];
