// Evaluates generated expressions with npm `fhirpath`, for the differential test beside this file.
// usage: node evaluate.js CASES RESULTS, in a folder where `fhirpath` is installed.
'use strict';
const fs = require('fs');
const { createRequire } = require('module');
const local = createRequire(process.cwd() + '/');
const fhirpath = local('fhirpath');
const model = local('fhirpath/fhir-context/r4');

console.warn = () => {};
const [cases, results] = process.argv.slice(2);
// Numbers with a fraction come as {"$n": text}, so that their digits survive the reading.
const read = (key, value) =>
  value && typeof value === 'object' && typeof value.$n === 'string' ? fhirpath.FP_Decimal.getDecimal(value.$n) : value;
const input = JSON.parse(fs.readFileSync(cases, 'utf8'), read);
const options = { resolveInternalTypes: false, preciseMath: true, keepDecimalTypes: true, traceFn: () => {} };

function stable(value) {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return '[' + value.map(stable).join(',') + ']';
  if (value instanceof fhirpath.FP_Decimal) return value.toString();
  if (typeof value === 'object') {
    return '{' + Object.keys(value).sort().map((key) => JSON.stringify(key) + ':' + stable(value[key])).join(',') + '}';
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function shown(item, type) {
  if (item === null || item === undefined) return '<none>';
  const isNode = item.constructor && item.constructor.name === 'ResourceNode';
  const data = isNode ? item.data : item;
  if (data === null || data === undefined) return '<none>';
  if (data instanceof fhirpath.FP_Decimal) return data.toString();
  if (typeof data === 'object' && (isNode || data.constructor === Object)) return stable(data);
  if (type === 'System.Object' && data.namespace) return data.namespace + '.' + data.name;
  return String(data);
}

const out = input.cases.map(({ expression, on }) =>
  on.map((index) => {
    const resource = input.resources[index];
    try {
      const found = fhirpath.evaluate(resource, expression, { resource }, model, options);
      const types = fhirpath.types(found);
      return { items: found.map((item, at) => [types[at] || '', shown(item, types[at])]) };
    } catch (error) {
      return { error: String((error && error.message) || error).split('\n')[0] };
    }
  }),
);
fs.writeFileSync(results, JSON.stringify(out));
