defmodule Gonfalon.Decision do
  @moduledoc """
  The answer about one flag for one context.

    * `key` – the flag's key
    * `enabled` – what the gates said
    * `reason` – why: `:unknown_flag`, `:default`, `:static`, `:targeting_match`, `:split`, `:killed`, `:prerequisite`, or `:not_ready`
      where no snapshot could decide
    * `gate`, `target` – the gate that decided and what it names, `nil` if none; `path/1` has both, as `"group/staff"`
    * `variant`, `payload`, `has_payload` – what the actor is served, also if the flag is off
    * `has_variants` – whether the flag has variants, served or not
    * `score` – the actor's place in [0, 1) for this flag, `nil` if it wasn't needed
    * `killed`, `known`, `exhausted` – whether the flag is killed; whether a snapshot decided, and has the flag; whether it is off
      because its comparisons took too many steps
    * `revision` – of the snapshot that decided, `nil` if there was none
    * `error` – what kept the engine from deciding
    * `packed` – the decision as the module packs it
  """

  import Bitwise

  @reasons {:unknown_flag, :default, :static, :targeting_match, :split, :killed, :prerequisite, :not_ready}
  @gates {nil, :boolean, :actor, :group, :rule, :segment, :schedule, :percentage_of_actors, :percentage_of_time,
          :prerequisite, :kill}
  @not_ready 14

  @type t :: %__MODULE__{}

  defstruct key: nil,
            enabled: false,
            reason: :not_ready,
            gate: nil,
            target: nil,
            variant: nil,
            payload: nil,
            has_payload: false,
            has_variants: false,
            score: nil,
            killed: false,
            known: false,
            exhausted: false,
            revision: nil,
            error: nil,
            packed: @not_ready

  @doc false
  def reasons, do: Tuple.to_list(@reasons)
  @doc false
  def gates, do: @gates |> Tuple.to_list() |> Enum.reject(&is_nil/1)

  @doc false
  def gate(number) when number < tuple_size(@gates), do: elem(@gates, number)
  # Of a newer engine.
  def gate(number), do: "gate #{number}"

  @doc false
  def known?(packed), do: (packed &&& 0x1E) not in [0, @not_ready]

  @doc false
  # A decision from its packed form, the variant's name, its payload in JSON, and the target.
  @spec new(String.t(), integer, String.t() | nil, String.t() | nil, String.t() | nil, non_neg_integer | nil) :: t
  def new(key, packed, variant, payload, target, revision) do
    number = packed >>> 1 &&& 15
    reason = if number < tuple_size(@reasons), do: elem(@reasons, number), else: "reason #{number}"
    score = packed >>> 9 &&& 0x1FFFF

    %__MODULE__{
      key: key,
      enabled: (packed &&& 1) == 1,
      reason: reason,
      gate: gate(packed >>> 5 &&& 15),
      target: target,
      variant: variant,
      payload: payload && Gonfalon.Payload.read(payload),
      has_payload: payload != nil,
      has_variants: (packed &&& 1 <<< 28) != 0,
      score: if(score > 0, do: (score - 1) / 65_536),
      killed: reason == :killed,
      known: known?(packed),
      exhausted: (packed &&& 1 <<< 30) != 0,
      revision: revision,
      packed: packed
    }
  end

  @doc false
  def undecided(key, revision \\ nil, error \\ nil), do: %__MODULE__{key: key, revision: revision, error: error}

  @doc "The gate that decided, and its target after a slash: `\"group/staff\"`; `\"\"` if none did."
  @spec path(t) :: String.t()
  def path(%__MODULE__{gate: nil}), do: ""
  def path(%__MODULE__{gate: gate, target: target}) when target in [nil, ""], do: to_string(gate)
  def path(%__MODULE__{gate: gate, target: target}), do: "#{gate}/#{target}"

  defimpl Inspect do
    def inspect(decision, _) do
      parts = [
        Kernel.inspect(decision.key),
        if(decision.enabled, do: "on", else: "off"),
        to_string(decision.reason),
        Gonfalon.Decision.path(decision),
        if(decision.variant, do: "variant #{Kernel.inspect(decision.variant)}", else: "")
      ]

      "#Gonfalon.Decision<#{parts |> Enum.reject(&(&1 == "")) |> Enum.join(" ")}>"
    end
  end
end
