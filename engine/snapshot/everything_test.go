package snapshot

// everything is a document with every gate type, operator and type of value.
const everything = `
settings: {group_conflict: allow_wins}
segments:
  - key: premium_us
    description: who pays, in the US
    constraints:
      - {attribute: plan, operator: in, values: [pro, team]}
      - {attribute: country, operator: eq, values: [US]}
  - key: staff
    constraints: [{attribute: email, operator: matches, values: ['@acme\.(com|org)$']}]
flags:
  - key: checkout
    description: the new checkout
    owner: payments
    tags: [web, app]
    permanent: true
    off_variant: old
    gates:
      - {type: boolean, enabled: false}
      - {type: actor, target: "user:42"}
      - {type: actor, target: "user:43", enabled: false}
      - {type: group, target: beta}
      - {type: group, target: banned, enabled: false}
      - {type: percentage_of_actors, ratio: 0.25}
      - {type: segment, target: premium_us}
      - {type: segment, target: staff, ratio: 0.5}
      - {type: prerequisite, target: payments}
      - {type: prerequisite, target: maintenance, enabled: false}
      - {type: schedule, from: 2026-11-27T00:00:00Z, until: "2026-12-01T00:00:00+01:00"}
      - type: variant
        variants:
          - {name: old, weight: 1, payload: {steps: 3}}
          - {name: new, weight: 2.5, payload: {steps: 1, "more": [1, 2.5, null, "é"]}}
          - {name: none, weight: 0}
      - type: rule
        ratio: 0.125
        constraints:
          - {attribute: age, operator: gte, values: [18]}
          - {attribute: age, operator: lt, values: ["99.5"]}
          - {attribute: id, operator: neq, values: [123456789012345678901234567890]}
          - {attribute: id, operator: not_in, values: [1, 2.5, true, null, [1], {a: 1}]}
          - {attribute: email, operator: contains, values: ["@"]}
          - {attribute: v, operator: gt, values: [a]}
          - {attribute: v, operator: lte, values: [-9223372036854775809]}
  - key: payments
    gates: [{type: percentage_of_time, ratio: 0.9}]
  - key: maintenance
    killed: true
    gates: [{type: boolean}]
`
