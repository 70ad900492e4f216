// What Prism lets pass: OpenAPI allows unknown names in a query, and Prism does not look at names with brackets. A CRM that
// ignores a misspelt parameter answers with everybody, so here every name must be in the contract, and every value must fit.

import { readFile } from 'node:fs/promises';
import yaml from 'yaml';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

// A function that says what is wrong with the query of an exchange, one line each.
export async function queryCheck(file) {
    const contract = yaml.parse(await readFile(file, 'utf8'));
    const resolve = (part) => (part?.$ref ? resolve(at(contract, part.$ref)) : part);
    const operations = [];
    for (const [path, item] of Object.entries(contract.paths)) {
        for (const method of METHODS.filter((method) => item[method])) {
            const own = [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map(resolve);
            const query = own.filter((one) => one.in === 'query').map((one) => ({ ...one, schema: resolve(one.schema) ?? {} }));
            operations.push({ method, path: template(path), fixed: fixedParts(path), query });
        }
    }
    // Of two that fit, the one with more words of its own: /people/search before /people/{id}.
    operations.sort((one, other) => other.fixed - one.fixed);
    return (exchange) => {
        const method = exchange.method.toLowerCase();
        const operation = operations.find((one) => one.method === method && one.path.test(exchange.path));
        // Prism says that the contract does not know it.
        if (!operation) return [];
        return [...new URLSearchParams(exchange.query)].flatMap(([name, value]) => wrong(operation.query, name, value));
    };
}

function wrong(known, name, value) {
    const parameter = known.find((one) => one.name === name);
    if (!parameter) return [`request.query.${name}: the contract has no such parameter`];
    const schema = parameter.schema.type === 'array' ? (parameter.schema.items ?? {}) : parameter.schema;
    const values = parameter.schema.type === 'array' && parameter.explode === false ? value.split(',') : [value];
    return values.filter((one) => !fits(schema, one)).map((one) => `request.query.${name}: the contract does not allow ${JSON.stringify(one)}`);
}

function fits(schema, value) {
    if (schema.enum && !schema.enum.map(String).includes(value)) return false;
    if (schema.pattern && !new RegExp(schema.pattern, 'u').test(value)) return false;
    if (schema.type === 'integer' && !/^-?\d+$/.test(value)) return false;
    if (schema.type === 'boolean' && !['true', 'false'].includes(value)) return false;
    if (schema.minimum !== undefined && Number(value) < schema.minimum) return false;
    return schema.maximum === undefined || Number(value) <= schema.maximum;
}

function template(path) {
    const words = path.split(/\{[^}]*\}/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${words.join('[^/]+')}$`);
}

function fixedParts(path) {
    return path.split('/').filter((part) => !part.includes('{')).length;
}

function at(contract, reference) {
    const names = reference.replace(/^#\//, '').split('/');
    return names.reduce((part, name) => part?.[name.replaceAll('~1', '/').replaceAll('~0', '~')], contract);
}
