// The peer's side: connectors that look a number up as App Connect's connectors to Clio and to Insightly do, one request after
// another; and the same requests all at once, which none of its connectors does, as the best that its server could give.
//
// Clio's: the number as it came, then each format; everybody once. Insightly's: every type, each format, and everybody
// as often as they were found. Both were counted with their HTTP client replaced by a counter.

import { ACCESS } from '../../tests/real/app-connect/crm.mjs';
import { masks, written } from '../../tests/real/app-connect/connectors.mjs';

const TYPES = ['contact', 'lead', 'candidate'];

export default function connectors({ require, crm, server }) {
  const axios = require('axios');
  const { parsePhoneNumber } = require('awesome-phonenumber');

  const inTurn = async (asked, ask) => {
    const answers = [];
    for (const one of asked) answers.push(await ask(one));
    return answers.flat();
  };
  const atOnce = async (asked, ask) => (await Promise.all(asked.map(ask))).flat();

  const clio = (phoneNumber, forms) => [phoneNumber, ...forms].map((phone) => ({ type: 'contact', phone }));
  const insightly = (_, forms) => TYPES.flatMap((type) => forms.map((phone) => ({ type, phone })));
  const once = (found) => [...new Map(found.map((record) => [record.id, record])).values()];

  const connector = (name, questions, pace, pick = (found) => found) => ({
    getAuthType: () => 'apiKey',
    getBasicAuth: ({ apiKey }) => Buffer.from(`${apiKey}:`).toString('base64'),
    getUserInfo: async () => ({
      successful: true,
      // Sessions are kept by this id alone, whatever the platform.
      platformUserInfo: { id: name, name: 'Bench', timezoneName: 'UTC', timezoneOffset: 0, platformAdditionalInfo: {} },
    }),
    async findContact({ authHeader, phoneNumber, overridingFormat }) {
      const national = parsePhoneNumber(phoneNumber).number.significant;
      const forms = masks(overridingFormat).map((mask) => written(mask, national));
      const ask = async (params) => (await axios.get(`${crm}/contacts`, { params, headers: { Authorization: authHeader } })).data;
      const found = pick(await pace(questions(phoneNumber, forms), ask));
      return { successful: true, matchedContactInfo: found.map(({ id, type, name, phone }) => ({ id, type, name, phone })) };
    },
    // Without these two no connector is taken. Nobody logs here.
    createCallLog: async () => ({ logId: undefined }),
    updateCallLog: async () => ({}),
  });

  const all = {
    clio: connector('clio', clio, inTurn, once),
    clioAtOnce: connector('clioAtOnce', clio, atOnce, once),
    insightly: connector('insightly', insightly, inTurn),
    insightlyAtOnce: connector('insightlyAtOnce', insightly, atOnce),
  };
  const platforms = Object.fromEntries(Object.keys(all).map((name) => [name, { name, auth: { type: 'apiKey' } }]));
  return { manifest: { serverUrl: server, author: { name: 'Ringside bench' }, platforms }, connectors: all };
}

export const KEY = ACCESS.key;
