// The published App Connect server, serving connectors of ours. Its packages lie in a cache, not beside this file.
//
//   RINGSIDE_NODE_PACKAGES=FOLDER node server.mjs PORT DATABASE CRM_URL CONNECTORS.mjs [REDIRECT_URI]
//
// CONNECTORS.mjs exports a function of { require, crm, server, redirect } that gives { manifest, connectors }: connectors
// by the names of their platforms, each a module as App Connect's documentation describes it.

import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [port, database, crm, file, redirect] = process.argv.slice(2);
// It signs the tokens of people who don't exist, on the loopback.
process.env.APP_SERVER_SECRET_KEY = 'only-for-tests-only-for-tests-32';
process.env.HASH_KEY = 'only-for-tests';
process.env.DATABASE_URL = `sqlite://${resolve(database)}`;
process.env.LOG_LEVEL ??= 'ERROR';
// Usage figures to its vendor start with this one; DynamoDB and S3 with these.
for (const name of ['MIXPANEL_TOKEN', 'AWS_REGION', 'DYNAMODB_LOCALHOST']) delete process.env[name];

const require = createRequire(join(process.env.RINGSIDE_NODE_PACKAGES, 'package.json'));
const { createCoreApp, connectorRegistry } = require('@app-connect/core');
const { default: make } = await import(pathToFileURL(resolve(file)));
const { manifest, connectors } = make({ require, crm, server: `http://127.0.0.1:${port}`, redirect });
connectorRegistry.setDefaultManifest(manifest);
connectorRegistry.setReleaseNotes({});
for (const [name, connector] of Object.entries(connectors)) connectorRegistry.registerConnector(name, connector, manifest);
const app = createCoreApp();
app.get('/oauth/authorize', (request, response) => response.redirect(`${crm}${request.originalUrl}`));
app.listen(Number(port), '127.0.0.1');
