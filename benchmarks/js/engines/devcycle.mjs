import bucketing from '@devcycle/bucketing-assembly-script'
import { actors, attributes, keys, plans, user, users, weights } from '../workload.mjs'

export const name = 'DevCycle 1.42.8'
export const engine = 'wasm'
/** Its load is quadratic in the number of flags. */
export const flags = 200

const sdkKey = 'dvc_server_bench'
const id = (kind, i, part) => (0x10000000 + kind * 0x1000000 + i * 16 + part).toString(16).padEnd(24, '0')
const filter = (subType, comparator, values, more) => ({ type: 'user', subType, comparator, values, ...more })

export async function load() {
  const everybody = [{ type: 'all', comparator: '=', values: [] }]
  const payers = [
    filter('country', '=', ['DE']),
    filter('customData', '>=', [18], { dataKey: 'age', dataKeyType: 'Number' }),
    filter('customData', '=', plans, { dataKey: 'plan', dataKeyType: 'String' }),
  ]
  const shapes = [
    [everybody, { on: 1 }],
    [[filter('user_id', '=', users)], { on: 1 }],
    [everybody, { on: 0.25, off: 0.75 }],
    [payers, { on: 0.5, off: 0.5 }],
    [everybody, Object.fromEntries(Object.entries(weights).map(([variant, weight]) => [variant, weight / 100]))],
  ]
  const all = keys(flags).flatMap((list, kind) => list.map((key, i) => ({ key, kind, i })))
  const config = {
    project: { settings: { edgeDB: { enabled: false }, optIn: { enabled: false, colors: {} }, disablePassthroughRollouts: false }, _id: id(15, 0, 0), key: 'bench', a0_organization: 'org_bench' },
    environment: { _id: id(15, 1, 0), key: 'bench' },
    features: all.map(({ key, kind, i }) => {
      const [filters, shares] = shapes[kind]
      const variations = Object.keys(shares).map((variation, n) => ({
        _id: id(kind, i, 4 + n),
        name: variation,
        key: variation,
        variables: [{ _var: id(kind, i, 1), value: kind === 4 ? variation : variation === 'on' }],
      }))
      return {
        _id: id(kind, i, 2),
        type: 'release',
        key,
        configuration: {
          _id: id(kind, i, 3),
          targets: [
            {
              _id: id(kind, i, 12),
              _audience: { _id: id(kind, i, 13), filters: { operator: 'and', filters } },
              distribution: variations.map(({ _id, key }) => ({ _variation: _id, percentage: shares[key] })),
            },
          ],
          forcedUsers: {},
        },
        variations,
      }
    }),
    variables: all.map(({ key, kind, i }) => ({ _id: id(kind, i, 1), type: kind === 4 ? 'String' : 'Boolean', key })),
    variableHashes: Object.fromEntries(all.map(({ key }, i) => [key, i + 1])),
    audiences: {},
  }
  const library = await bucketing.instantiate()
  library.setPlatformData(JSON.stringify({ platform: 'NodeJS', platformVersion: process.version, sdkType: 'server', sdkVersion: '1.0.0', hostname: 'bench' }))
  library.setConfigData(sdkKey, JSON.stringify(config))
  const { VariableForUserParams_PB: Params, SDKVariable_PB: Variable } = bucketing.ProtobufTypes
  const text = (value) => ({ value, isNull: false })
  const custom = {
    isNull: false,
    value: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [
        name,
        { type: typeof value === 'boolean' ? 0 : typeof value === 'number' ? 1 : 2, boolValue: value === true, doubleValue: typeof value === 'number' ? value : 0, stringValue: typeof value === 'string' ? value : '' },
      ]),
    ),
  }
  const userOf = (actor) => ({ user_id: actor, email: text(attributes.email), country: text(attributes.country), customData: custom })
  // What its SDK does for each question: encode, ask, decode.
  const variable = (key, type, who) => {
    const params = { sdkKey, variableKey: key, variableType: type, user: who, shouldTrackEvent: false }
    const answer = library.variableForUser_PB(Params.encode(params).finish())
    return answer === null ? undefined : Variable.decode(answer)
  }
  const boolean = (key, who) => variable(key, 0, who)?.boolValue ?? false
  const variant = (key, who) => variable(key, 2, who)?.stringValue
  const contexts = new Map(Array.from({ length: 256 }, (_, i) => user(i)).map((actor) => [actor, userOf(actor)]))
  const rotating = actors.map((actor) => contexts.get(actor))
  return {
    name,
    flags,
    ask: (kind, key, actor) => (kind === 4 ? variant(key, contexts.get(actor)) : boolean(key, contexts.get(actor))),
    boolean: (key, i) => boolean(key, rotating[i]),
    variant: (key, i) => variant(key, rotating[i]),
  }
}

export const moduleFile = () => new URL('../node_modules/@devcycle/bucketing-assembly-script/build/bucketing-lib.release.wasm', import.meta.url)
