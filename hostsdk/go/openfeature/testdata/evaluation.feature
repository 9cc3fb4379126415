Feature: Evaluation by the gonfalon provider

  What every SDK's OpenFeature provider does with flags as gonfalon has them: a value of a type other than boolean is a variant's
  payload. The steps are worded as those of OpenFeature's own suite, so that a runner can run both.

  Background:
    Given a stable provider

  Scenario Outline: A killed flag with an off variant serves that to everyone
    Given a <type>-flag with key "<key>" and a default value "<default>"
    And a context containing a key "targetingKey", with type "String" and with value "user:42"
    When the flag was evaluated with details
    Then the flag key should be "<key>"
    And the variant should be "<variant>"
    And the resolved details value should be "<value>"
    And the reason should be "STATIC"
    And the resolved metadata should contain
      | key     | metadata_type | value |
      | killed  | Boolean       | true  |
      | enabled | Boolean       | false |

    Examples: values
      | type    | key          | variant  | value                                                                      | default |
      | Boolean | boolean-flag | on       | true                                                                       | false   |
      | String  | string-flag  | greeting | hi                                                                         | none    |
      | Integer | integer-flag | ten      | 10                                                                         | -3      |
      | Float   | float-flag   | half     | 0.5                                                                        | 7.25    |
      | Float   | integer-flag | ten      | 10.0                                                                       | 7.25    |
      | Object  | object-flag  | template | {"imagesPerPage": 100,"showImages": true,"title": "Check out these pics!"} | {}      |

    Examples: values that are easily taken for none
      | type    | key               | variant | value | default     |
      | Boolean | boolean-zero-flag | zero    | false | true        |
      | String  | string-zero-flag  | zero    |       | none        |
      | Integer | integer-zero-flag | zero    | 0     | -3          |
      | Float   | float-zero-flag   | zero    | 0.0   | 7.25        |
      | Object  | object-zero-flag  | zero    | {}    | {"size": 3} |

  # A kill must not turn on what defaults to on, but without an off variant it has no value to give.
  Scenario Outline: A killed flag without an off variant leaves everyone the default
    Given a <type>-flag with key "<key>" and a default value "<default>"
    And a context containing a key "targetingKey", with type "String" and with value "user:42"
    When the flag was evaluated with details
    Then the reason should be "DISABLED"
    And the resolved details value should be "<default>"
    And the resolved metadata should contain
      | key    | metadata_type | value |
      | killed | Boolean       | true  |

    Examples:
      | key                   | type    | default     |
      | boolean-disabled-flag | Boolean | true        |
      | string-disabled-flag  | String  | none        |
      | object-disabled-flag  | Object  | {"size": 3} |

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
      | type    | key       | default |
      | String  | hero      | none    |
      | Integer | split-ten | 3       |

  Scenario Outline: Gates
    Given a Boolean-flag with key "<key>" and a default value "<default>"
    And a context containing a key "<name>", with type "<type>" and with value "<given>"
    When the flag was evaluated with details
    Then the resolved details value should be "<value>"
    And the reason should be "<reason>"

    Examples:
      | key           | default | name         | type    | given           | value | reason          |
      | plain         | false   | any          | String  | thing           | true  | STATIC          |
      | plain-off     | true    | any          | String  | thing           | false | DEFAULT         |
      | for-actor     | false   | targetingKey | String  | user:42         | true  | TARGETING_MATCH |
      | for-actor     | true    | targetingKey | String  | user:43         | false | DEFAULT         |
      | for-actor     | true    | user         | String  | user:42         | false | DEFAULT         |
      | half          | false   | targetingKey | String  | user:1          | true  | SPLIT           |
      | for-mail      | false   | email        | String  | ada@example.com | true  | TARGETING_MATCH |
      | for-mail      | true    | email        | String  | bob@example.com | false | DEFAULT         |
      | for-adults    | false   | age          | Integer | 65              | true  | TARGETING_MATCH |
      | for-adults    | false   | age          | Float   | 65.0            | true  | TARGETING_MATCH |
      | for-adults    | true    | age          | Integer | 17              | false | DEFAULT         |
      | for-strangers | false   | customer     | Boolean | false           | true  | TARGETING_MATCH |
      | killed        | true    | targetingKey | String  | user:42         | false | STATIC          |
      | after-unmet   | true    | targetingKey | String  | user:42         | false | DEFAULT         |

  Scenario: A rule that asks for an attribute that is null
    Given a Boolean-flag with key "for-mail" and a default value "true"
    And a context containing a key "email" with null value
    When the flag was evaluated with details
    Then the resolved details value should be "false"
    And the reason should be "DEFAULT"

  Scenario Outline: A rule needs all of its constraints
    Given a Boolean-flag with key "for-some" and a default value "<default>"
    And a context containing a key "country", with type "String" and with value "<country>"
    And a context containing a key "seats", with type "Integer" and with value "<seats>"
    And a context containing a key "trial", with type "Boolean" and with value "<trial>"
    When the flag was evaluated with details
    Then the resolved details value should be "<value>"

    Examples:
      | country | seats | trial | default | value |
      | NL      | 65    | false | false   | true  |
      | BE      | 65    | false | true    | false |
      | NL      | 10    | false | true    | false |
      | NL      | 65    | true  | true    | false |

  Scenario: The gate that decided
    Given a Boolean-flag with key "for-actor" and a default value "false"
    And a context containing a key "targetingKey", with type "String" and with value "user:42"
    When the flag was evaluated with details
    Then the resolved metadata should contain
      | key     | metadata_type | value         |
      | enabled | Boolean       | true          |
      | gate    | String        | actor/user:42 |

  Scenario Outline: A flag that isn't there is named in the error
    Given a <type>-flag with key "no-such-flag" and a default value "<default>"
    When the flag was evaluated with details
    Then the error-code should be "FLAG_NOT_FOUND"
    And the error message should contain "flag no-such-flag not found"
    And the flag key should be "no-such-flag"
    And the resolved details value should be "<default>"

    Examples:
      | type    | default     |
      | Boolean | true        |
      | String  | none        |
      | Integer | -3          |
      | Float   | 7.25        |
      | Object  | {"size": 3} |

  Scenario Outline: A value of another type than was asked for is not converted
    Given a <type>-flag with key "<key>" and a default value "<default>"
    And a context containing a key "targetingKey", with type "String" and with value "user:42"
    When the flag was evaluated with details
    Then the error-code should be "TYPE_MISMATCH"
    And the reason should be "ERROR"
    And the error message should contain "not "
    And the resolved details value should be "<default>"

    Examples:
      | key          | type    | default |
      | hero         | Boolean | true    |
      | hero         | Object  | {}      |
      | split-ten    | String  | none    |
      | split-bool   | Integer | -3      |
      | plain        | Integer | -3      |
      | plain        | Float   | 7.25    |
      | plain        | String  | none    |
      | object-flag  | String  | none    |
      | string-flag  | Integer | -3      |
      | string-flag  | Float   | 7.25    |

    @integers
    Examples: where whole numbers are a type of their own
      | key        | type    | default |
      | float-flag | Integer | -3      |

  Scenario Outline: A provider that has no flags gives the default, and says why
    Given a <status> provider
    And a <type>-flag with key "plain" and a default value "<default>"
    When the flag was evaluated with details
    Then the provider status should be "<state>"
    And the error-code should be "<code>"
    And the resolved details value should be "<default>"

    Examples:
      | status    | state     | type    | default     | code               |
      | not ready | NOT_READY | Boolean | true        | PROVIDER_NOT_READY |
      | not ready | NOT_READY | Object  | {"size": 3} | PROVIDER_NOT_READY |
      | error     | ERROR     | String  | none        | PROVIDER_NOT_READY |
      | fatal     | FATAL     | Boolean | true        | PROVIDER_FATAL     |
      | fatal     | FATAL     | Float   | 7.25        | PROVIDER_FATAL     |

  Scenario Outline: A provider that has flags answers, whether they are fresh or not
    Given a <status> provider
    And a Boolean-flag with key "plain" and a default value "false"
    When the flag was evaluated with details
    Then the provider status should be "<state>"
    And the resolved details value should be "true"

    Examples:
      | status | state |
      | stable | READY |
      | stale  | STALE |

  Scenario: A stale provider says so with each answer
    Given a stale provider
    And a Boolean-flag with key "plain" and a default value "false"
    When the flag was evaluated with details
    Then the resolved metadata should contain
      | key   | metadata_type | value |
      | stale | Boolean       | true  |

  Scenario: Asking changes neither the context nor the next answer
    Given an evaluation context with modifiable data
    And a String-flag with key "string-flag" and a default value "none"
    When the flag was evaluated with details
    And the flag was evaluated with details asynchronously
    Then the evaluation should complete without blocking
    And the result should be equivalent to synchronous evaluation
    And the original evaluation context should remain unmodified
    And the evaluation details should be immutable

  Scenario: One evaluation's hooks run around a split
    Given evaluation options containing specific hooks
    And a String-flag with key "hero" and a default value "none"
    And a context containing a key "targetingKey", with type "String" and with value "user:42"
    When the flag was evaluated with details using the evaluation options
    Then the hook order should be maintained
    And the specified hooks should execute during evaluation
    And the variant should be "blue"

  Scenario: Hooks are shown the variant that an actor is served
    Given a client with added hook
    And a Integer-flag with key "split-ten" and a default value "1"
    And a context containing a key "targetingKey", with type "String" and with value "user:42"
    When the flag was evaluated with details
    Then the "after, finally" hooks should be called with evaluation details
      | data_type | key      | value     |
      | string    | reason   | SPLIT     |
      | string    | variant  | ten       |
      | integer   | value    | 10        |
      | string    | flag_key | split-ten |

  Scenario: Hooks are shown the default that a flag of another type leaves
    Given a client with added hook
    And a String-flag with key "plain" and a default value "none"
    When the flag was evaluated with details
    Then the "error" hook should have been executed
    And the "finally" hooks should be called with evaluation details
      | data_type | key        | value         |
      | string    | error_code | TYPE_MISMATCH |
      | string    | value      | none          |
