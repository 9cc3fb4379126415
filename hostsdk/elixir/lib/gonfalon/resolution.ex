defmodule Gonfalon.Resolution do
  @moduledoc """
  A flag's one value, as OpenFeature and every SDK have it: the table "Values" of
  [the SDK contract](https://github.com/gonfalon-flags/gonfalon/blob/main/hostsdk/README.md). `value` nil is the caller's default; `reason`
  and `error` are OpenFeature's words, and no error is empty.
  """

  alias Gonfalon.{ContextError, Decision}

  @type t :: %__MODULE__{value: term, variant: String.t() | nil, reason: String.t(), error: String.t()}
  defstruct value: nil, variant: nil, reason: "", error: ""

  @reasons %{static: "STATIC", targeting_match: "TARGETING_MATCH", split: "SPLIT"}

  @doc "Returns the value that a decision gives its flag: the first row that fits."
  @spec resolve(Decision.t()) :: t
  def resolve(%Decision{error: %ContextError{}}), do: %__MODULE__{reason: "ERROR", error: "INVALID_CONTEXT"}
  def resolve(%Decision{error: error}) when error != nil, do: %__MODULE__{reason: "ERROR", error: "GENERAL"}
  def resolve(%Decision{reason: :not_ready}), do: %__MODULE__{reason: "ERROR", error: "PROVIDER_NOT_READY"}
  def resolve(%Decision{known: false}), do: %__MODULE__{reason: "ERROR", error: "FLAG_NOT_FOUND"}

  def resolve(%Decision{variant: variant} = decision) when variant != nil do
    value = if decision.has_payload, do: decision.payload, else: variant
    %__MODULE__{value: value, variant: variant, reason: if(decision.killed, do: "STATIC", else: "SPLIT")}
  end

  def resolve(%Decision{has_variants: true, killed: killed}),
    do: %__MODULE__{reason: if(killed, do: "DISABLED", else: "DEFAULT")}

  def resolve(%Decision{killed: true}), do: %__MODULE__{value: false, variant: "off", reason: "STATIC"}

  def resolve(%Decision{enabled: enabled, reason: reason}) do
    %__MODULE__{
      value: enabled,
      variant: if(enabled, do: "on", else: "off"),
      reason: Map.get(@reasons, reason, "DEFAULT")
    }
  end
end
