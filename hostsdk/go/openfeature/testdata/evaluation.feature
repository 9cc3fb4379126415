Feature: Evaluation by the gonfalon provider

  The requirements of OpenFeature's evaluation suite, for flags as gonfalon has them: a value of a type other than boolean is a
  variant's payload. The steps are worded as the specification's own suite has them, so that the runner can run both.

  Background:
    Given a stable provider

  # Requirements 1.3.1.1, 1.4.3, 1.4.5, 1.4.6, 1.4.7: a typed value, with all its details
  Scenario Outline: A flag that is pinned to one value
    Given a <type>-flag with key "<key>" and a default value "<default>"
    When the flag was evaluated with details
    Then the resolved details value should be "<value>"
    And the flag key should be "<key>"
    And the variant should be "<variant>"
    And the reason should be "STATIC"

    Examples:
      | type    | key               | default  | value                                                                              | variant  |
      | Boolean | boolean-flag      | false    | true                                                                               | on       |
      | String  | string-flag       | bye      | hi                                                                                 | greeting |
      | Integer | integer-flag      | 1        | 10                                                                                 | ten      |
      | Float   | float-flag        | 0.1      | 0.5                                                                                | half     |
      | Object  | object-flag       | {}       | {"showImages": true,"title": "Check out these pics!","imagesPerPage": 100}         | template |
      | Boolean | boolean-zero-flag | true     | false                                                                              | zero     |
      | String  | string-zero-flag  | hi       |                                                                                    | zero     |
      | Integer | integer-zero-flag | 1        | 0                                                                                  | zero     |
      | Float   | float-zero-flag   | 0.1      | 0.0                                                                                | zero     |
      | Object  | object-zero-flag  | {"a": 1} | {}                                                                                 | zero     |

  Scenario Outline: A flag with variants serves each actor one
    Given a <type>-flag with key "<key>" and a default value "<default>"
    And a context containing a key "targetingKey", with type "String" and with value "user:42"
    When the flag was evaluated with details
    Then the resolved details value should be "<value>"
    And the variant should be "<variant>"
    And the reason should be "SPLIT"

    Examples:
      | type    | key        | default | value  | variant |
      | String  | hero       | none    | blue   | blue    |
      | Integer | split-ten  | 1       | 10     | ten     |
      | Float   | split-ten  | 1.5     | 10.0   | ten     |
      | Boolean | split-bool | true    | false  | off     |

  Scenario Outline: A flag with variants leaves nobody the caller's default
    Given a <type>-flag with key "<key>" and a default value "<default>"
    When the flag was evaluated with details
    Then the resolved details value should be "<default>"
    And the reason should be "DEFAULT"

    Examples:
      | type    | key       | default  |
      | String  | hero      | none     |
      | Integer | split-ten | 3        |

  # Requirement 1.3.1.1: the context decides
  Scenario Outline: Gates
    Given a Boolean-flag with key "<key>" and a default value "<default>"
    And a context containing a key "<name>", with type "<type>" and with value "<given>"
    When the flag was evaluated with details
    Then the resolved details value should be "<value>"
    And the reason should be "<reason>"

    Examples:
      | key            | default | name         | type    | given                 | value | reason          |
      | plain          | false   | any          | String  | thing                 | true  | STATIC          |
      | plain-off      | true    | any          | String  | thing                 | false | DEFAULT         |
      | for-actor      | false   | targetingKey | String  | user:42               | true  | TARGETING_MATCH |
      | for-actor      | true    | targetingKey | String  | user:43               | false | DEFAULT         |
      | for-actor      | true    | user         | String  | user:42               | false | DEFAULT         |
      | half           | false   | targetingKey | String  | user:1                | true  | SPLIT           |
      | for-mail       | false   | email        | String  | ballmer@macrosoft.com | true  | TARGETING_MATCH |
      | for-mail       | true    | email        | String  | ballmer@none.com      | false | DEFAULT         |
      | for-adults     | false   | age          | Integer | 65                    | true  | TARGETING_MATCH |
      | for-adults     | false   | age          | Float   | 65.0                  | true  | TARGETING_MATCH |
      | for-adults     | true    | age          | Integer | 17                    | false | DEFAULT         |
      | for-strangers  | false   | customer     | Boolean | false                 | true  | TARGETING_MATCH |
      | killed         | true    | targetingKey | String  | user:42               | false | STATIC          |
      | after-unmet    | true    | targetingKey | String  | user:42               | false | DEFAULT         |

  Scenario: An attribute that is null
    Given a Boolean-flag with key "for-mail" and a default value "true"
    And a context containing a key "email" with null value
    When the flag was evaluated with details
    Then the resolved details value should be "false"
    And the reason should be "DEFAULT"

  Scenario: Many attributes
    Given a Boolean-flag with key "for-some" and a default value "false"
    And a context containing a key "email", with type "String" and with value "ballmer@macrosoft.com"
    And a context containing a key "age", with type "Integer" and with value "65"
    And a context containing a key "customer", with type "Boolean" and with value "false"
    When the flag was evaluated with details
    Then the resolved details value should be "true"
    And the reason should be "TARGETING_MATCH"

  # Requirements 1.4.8, 1.4.9, 1.4.10, 1.4.13
  Scenario Outline: There is no such flag
    Given a <type>-flag with key "error-flag" and a default value "<default>"
    When the flag was evaluated with details
    Then the resolved details value should be "<default>"
    And the reason should be "ERROR"
    And the error-code should be "FLAG_NOT_FOUND"
    And the error message should contain "flag error-flag not found"

    Examples:
      | type    | default  |
      | Boolean | true     |
      | String  | bye      |
      | Integer | 1        |
      | Float   | 0.1      |
      | Object  | {"a": 1} |

  # Requirement 1.3.4
  Scenario Outline: The value is of another type
    Given a <type>-flag with key "<key>" and a default value "<default>"
    When the flag was evaluated with details
    Then the resolved details value should be "<default>"
    And the reason should be "ERROR"
    And the error-code should be "TYPE_MISMATCH"

    Examples:
      | key          | type    | default |
      | boolean-flag | String  | bye     |
      | boolean-flag | Integer | 1       |
      | boolean-flag | Float   | 0.1     |
      | boolean-flag | Object  | {}      |
      | string-flag  | Boolean | true    |
      | string-flag  | Integer | 1       |
      | string-flag  | Float   | 0.1     |
      | string-flag  | Object  | {}      |
      | float-flag   | Integer | 1       |
      | object-flag  | String  | bye     |
      | plain        | Integer | 1       |

  # A kill must not turn a flag on that defaults to on
  Scenario Outline: A killed flag with variants is disabled
    Given a <type>-flag with key "<key>" and a default value "<default>"
    When the flag was evaluated with details
    Then the resolved details value should be "<default>"
    And the reason should be "DISABLED"

    Examples:
      | key                   | type    | default |
      | boolean-disabled-flag | Boolean | false   |
      | string-disabled-flag  | String  | bye     |

  # Requirement 1.4.14
  Scenario: Metadata
    Given a Boolean-flag with key "for-actor" and a default value "false"
    And a context containing a key "targetingKey", with type "String" and with value "user:42"
    When the flag was evaluated with details
    Then the resolved metadata should contain
      | key     | metadata_type | value         |
      | enabled | Boolean       | true          |
      | gate    | String        | actor/user:42 |

  Scenario: Metadata of a killed flag
    Given a Boolean-flag with key "killed" and a default value "false"
    When the flag was evaluated with details
    Then the resolved metadata should contain
      | key     | metadata_type | value |
      | killed  | Boolean       | true  |
      | enabled | Boolean       | false |

  # Requirements 1.7.1, 1.7.3 to 1.7.7
  Scenario Outline: The status of the provider
    Given a <status> provider
    Then the provider status should be "<code>"

    Examples:
      | status    | code      |
      | stable    | READY     |
      | not ready | NOT_READY |
      | error     | ERROR     |
      | fatal     | FATAL     |
      | stale     | STALE     |

  Scenario Outline: A provider that can't answer
    Given a <status> provider
    And a <type>-flag with key "boolean-flag" and a default value "<default>"
    When the flag was evaluated with details
    Then the resolved details value should be "<default>"
    And the reason should be "ERROR"
    And the error-code should be "<code>"

    Examples:
      | status    | type    | default  | code               |
      | not ready | Boolean | true     | PROVIDER_NOT_READY |
      | not ready | String  | bye      | PROVIDER_NOT_READY |
      | not ready | Object  | {"a": 1} | PROVIDER_NOT_READY |
      | fatal     | Boolean | true     | PROVIDER_FATAL     |
      | fatal     | Float   | 0.1      | PROVIDER_FATAL     |

  Scenario: A stale provider goes on answering, and says so
    Given a stale provider
    And a Boolean-flag with key "plain" and a default value "false"
    When the flag was evaluated with details
    Then the resolved details value should be "true"
    And the resolved metadata should contain
      | key   | metadata_type | value |
      | stale | Boolean       | true  |

  # Requirements 1.5.1, 4.4.2
  Scenario: Hooks of one evaluation
    Given a Boolean-flag with key "plain" and a default value "false"
    And evaluation options containing specific hooks
    When the flag was evaluated with details using the evaluation options
    Then the specified hooks should execute during evaluation
    And the hook order should be maintained

  Scenario: The context is left as it is
    Given a Boolean-flag with key "plain" and a default value "false"
    And an evaluation context with modifiable data
    When the flag was evaluated with details
    Then the original evaluation context should remain unmodified
    And the evaluation details should be immutable

  Scenario: Asked from another goroutine
    Given a Boolean-flag with key "plain" and a default value "false"
    When the flag was evaluated with details asynchronously
    Then the evaluation should complete without blocking
    And the result should be equivalent to synchronous evaluation

  Scenario: Hooks see the details
    Given a client with added hook
    And a boolean-flag with key "boolean-flag" and a fallback value "false"
    When the flag was evaluated with details
    Then the "before" hook should have been executed
    And the "after, finally" hooks should be called with evaluation details
      | data_type | key        | value        |
      | string    | flag_key   | boolean-flag |
      | boolean   | value      | true         |
      | string    | variant    | on           |
      | string    | reason     | STATIC       |
      | string    | error_code | null         |

  Scenario: Hooks see an error
    Given a client with added hook
    And a string-flag with key "missing-flag" and a fallback value "uh-oh"
    When the flag was evaluated with details
    Then the "before" hook should have been executed
    And the "error" hook should have been executed
    And the "finally" hooks should be called with evaluation details
      | data_type | key        | value          |
      | string    | flag_key   | missing-flag   |
      | string    | value      | uh-oh          |
      | string    | reason     | ERROR          |
      | string    | error_code | FLAG_NOT_FOUND |
