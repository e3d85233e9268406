/** JSON Schema of `StageGates`, as it stands in the parameters of a `stage-promote` step. */
const numberOrNull = { type: ['number', 'null'] } as const;
const textOrNull = { type: ['string', 'null'] } as const;

const gateSchema = {
  type: 'object',
  required: ['name', 'metric', 'unit', 'max', 'min', 'provider', 'query', 'worseBy', 'minSamples'],
  properties: {
    name: { type: 'string', minLength: 1 },
    metric: {
      enum: [
        'errorRate',
        'transactionFailureRate',
        'latencyP50',
        'latencyP95',
        'latencyP99',
        'memory',
        'cpu',
        'diskIo',
        'custom',
      ],
    },
    unit: { enum: ['share', 'ms', 'bytes', 'bytesPerSecond', 'number'] },
    max: numberOrNull,
    min: numberOrNull,
    provider: { enum: ['prometheus', 'nodes', 'file', null] },
    query: textOrNull,
    worseBy: numberOrNull,
    minSamples: { type: 'integer', minimum: 0 },
  },
} as const;

export const stageGatesSchema = {
  type: 'object',
  required: ['gates', 'notCompared', 'bakeLimitMs', 'onInsufficient', 'mustPass'],
  properties: {
    gates: { type: 'array', items: gateSchema, minItems: 1 },
    notCompared: { type: 'array', items: { type: 'string' }, uniqueItems: true },
    bakeLimitMs: { type: 'integer', minimum: 0 },
    onInsufficient: { enum: ['pause', 'rollback', 'promote'] },
    mustPass: { type: 'boolean' },
  },
} as const;
