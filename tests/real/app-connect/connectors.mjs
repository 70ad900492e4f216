// Two connectors to crm.mjs, as a vendor would write them for App Connect: `fictionKey` with an API key, `fictionOAuth` with
// OAuth. They ask as App Connect's own exact-match connectors do: the number as it came, then one format after another. And they
// want what those want: NetSuite's reads who signed in out of the redirect, Pipedrive's logs nothing without the data of the
// person's account at RingCentral, Google Sheets' nothing before it is set where.

import { ACCESS } from './crm.mjs';

export default function connectors({ require, crm, server, redirect }) {
  const axios = require('axios');
  const { parsePhoneNumber } = require('awesome-phonenumber');

  const ask = async (authHeader, method, path, { params, body } = {}) =>
    (await axios({ method, url: `${crm}${path}`, params, data: body, headers: { Authorization: authHeader } })).data;
  const said = (message, messageType = 'success') => ({ message, messageType, ttl: 3000 });

  const contact = ({ id, type, name, company, email, phone, mobile, created }) => ({
    id,
    type,
    name,
    company,
    email,
    phone: phone || mobile,
    createdDate: created,
    additionalInfo: { deal: [{ const: `${type}-${id}-renewal`, title: `Renewal for ${name}` }] },
  });

  const { getAccountData } = require('@app-connect/core/lib/accountData');
  const refused = (message) => ({ successful: false, returnMessage: said(message, 'warning') });

  const userInfo = (platform) => async ({ authHeader, query }) => {
    const back = query && new URL(query.callbackUri).searchParams;
    if (back && back.get('tenant') !== 'harbour & sons') return refused('Missing required parameters (tenant)');
    try {
      const { id, name } = await ask(authHeader, 'get', '/me');
      return {
        successful: true,
        platformUserInfo: { id: `${id}-${platform}`, name, timezoneName: 'UTC', timezoneOffset: 0, platformAdditionalInfo: {} },
        returnMessage: said(`Connected to ${platform}.`),
      };
    } catch {
      return { successful: false, returnMessage: said('Could not load user information', 'warning') };
    }
  };

  const common = {
    getLogFormatType: () => 'text/plain',
    async unAuthorize({ user }) {
      user.accessToken = user.refreshToken = '';
      await user.save();
      return { returnMessage: said('Logged out.') };
    },
    async findContact({ authHeader, phoneNumber, overridingFormat, isExtension }) {
      if (isExtension === 'true') return { successful: false, matchedContactInfo: [] };
      const asked = [phoneNumber];
      const number = parsePhoneNumber(phoneNumber);
      if (number.valid) asked.push(...masks(overridingFormat).map((mask) => written(mask, number.number.significant)));
      const found = new Map();
      for (const phone of asked) {
        for (const record of await ask(authHeader, 'get', '/contacts', { params: { phone } })) {
          found.set(`${record.type}/${record.id}`, contact(record));
        }
      }
      const create = { id: 'createNewContact', name: 'Create new contact...', additionalInfo: null, isNewContact: true };
      return { successful: true, matchedContactInfo: [...found.values(), create] };
    },
    async findContactWithName({ authHeader, name }) {
      const found = await ask(authHeader, 'get', '/contacts', { params: { name } });
      return { successful: true, matchedContactInfo: found.map(contact) };
    },
    async createContact({ authHeader, phoneNumber, newContactName, newContactType, additionalSubmission }) {
      const { company, email } = additionalSubmission ?? {};
      const body = { type: newContactType, name: newContactName, phone: phoneNumber, company, email };
      const { id, name } = await ask(authHeader, 'post', '/contacts', { body });
      return { contactInfo: { id, name }, returnMessage: said('Contact created.') };
    },
    async createCallLog({ user, authHeader, contactInfo, callLog, note, composedLogDetails, additionalSubmission }) {
      if (user.userSettings?.office?.value !== 'harbour') return refused('No office is set to log in');
      // With a key, the server learns of no account.
      if (user.platform === 'fictionOAuth') await getAccountData({ platform: user.platform, user, authHeader, dataKey: 'activityTypes' });
      const { id } = await ask(authHeader, 'post', '/activities', {
        body: {
          type: contactInfo.type,
          contact: contactInfo.id,
          subject: callLog.customSubject,
          note: note ?? '',
          body: composedLogDetails,
          extra: additionalSubmission ?? {},
        },
      });
      return { logId: id, returnMessage: said('Call logged.') };
    },
    async getCallLog({ authHeader, callLogId }) {
      const activity = await ask(authHeader, 'get', `/activities/${callLogId}`);
      return { callLogInfo: { subject: activity.subject, note: activity.note, fullBody: activity.body, fullLogResponse: activity } };
    },
    async updateCallLog({ authHeader, existingCallLog, subject, note, composedLogDetails }) {
      const body = { body: composedLogDetails };
      if (subject) body.subject = subject;
      if (note !== undefined) body.note = note;
      await ask(authHeader, 'patch', `/activities/${existingCallLog.thirdPartyLogId}`, { body });
      return { updatedNote: note, returnMessage: said('Call log updated.') };
    },
    async upsertCallDisposition({ authHeader, existingCallLog, dispositions }) {
      const id = existingCallLog.thirdPartyLogId;
      await ask(authHeader, 'patch', `/activities/${id}`, { body: { extra: dispositions } });
      return { logId: id, returnMessage: said('Disposition saved.') };
    },
  };

  const key = {
    ...common,
    getAuthType: () => 'apiKey',
    getBasicAuth: ({ apiKey }) => Buffer.from(`${apiKey}:`).toString('base64'),
    getUserInfo: userInfo('fictionKey'),
  };
  const oauth = {
    ...common,
    getAuthType: () => 'oauth',
    getOauthInfo: async () => ({
      clientId: ACCESS.client,
      clientSecret: ACCESS.secret,
      accessTokenUri: `${crm}/oauth/token`,
      redirectUri: redirect,
    }),
    getUserInfo: userInfo('fictionOAuth'),
    accountData: { activityTypes: { fetch: async () => [{ const: 'call', title: 'Call' }] } },
    authValidation: async () => ({ successful: true, returnMessage: said('Authorized.'), status: 200 }),
  };
  return { manifest: manifest({ crm, server, redirect }), connectors: { fictionKey: key, fictionOAuth: oauth } };
}

/** The masks as they come from the client: joined by commas, perhaps none. */
export const masks = (text) => (text ?? '').split(',').map((mask) => mask.trim()).filter(Boolean);

/** Each `#` or `*` is a digit of the national number, from left to right. */
export function written(mask, digits) {
  let text = mask;
  for (const digit of digits) text = text.replace(/[*#]/, digit);
  return text;
}

function manifest({ crm, server, redirect }) {
  const platform = {
    displayName: 'Fiction CRM',
    environment: { type: 'fixed', url: 'https://crm.example.com' },
    contactTypes: [
      { display: 'Contact', value: 'contact' },
      { display: 'Lead', value: 'lead' },
    ],
    contactPageUrl: 'https://{hostname}/{contactType}/{contactId}',
    logPageUrl: 'https://{hostname}/activity/{logId}',
    canOpenLogPage: true,
    requestConfig: { timeout: 10 },
    enableExtensionNumberLoggingSetting: true,
    settings: [{ id: 'options', type: 'section', name: 'Options', items: [{ id: 'office', type: 'inputField', name: 'Office', defaultValue: '' }] }],
    page: {
      useContactSearch: true,
      callLog: {
        additionalFields: [
          { const: 'deal', title: 'Deal', type: 'selection', contactDependent: true, required: false },
          {
            const: 'outcome',
            title: 'Outcome',
            type: 'selection',
            contactDependent: false,
            options: [
              { const: 'reached', title: 'Reached' },
              { const: 'voicemail', title: 'Left voicemail' },
            ],
          },
          { const: 'followUp', title: 'Follow up', type: 'checkbox' },
        ],
      },
      newContact: { additionalFields: [{ const: 'company', title: 'Company', type: 'inputField', required: false }] },
    },
  };
  const keyPage = {
    title: 'Fiction CRM',
    content: [{ const: 'apiKey', title: 'API key', type: 'string', required: true }],
  };
  // The CRM's own page; by way of the server, because a client goes to no loopback address but the one that was typed.
  const oauth = { authUrl: `${server}/oauth/authorize`, clientId: ACCESS.client, redirectUri: redirect, scope: '', customState: '' };
  return {
    serverUrl: server,
    redirectUri: redirect,
    version: '0.0.1',
    author: { name: 'Ringside tests' },
    platforms: {
      fictionKey: { name: 'fictionKey', auth: { type: 'apiKey', apiKey: { page: keyPage } }, ...platform },
      fictionOAuth: { name: 'fictionOAuth', auth: { type: 'oauth', oauth }, ...platform },
    },
  };
}
