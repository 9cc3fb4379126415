defmodule Gonfalon.Comparison do
  @moduledoc "One constraint of a rule or segment, and how it compared. `actual` is the context's value, nil if it is missing."
  @type t :: %__MODULE__{}
  defstruct [:attribute, :operator, :values, :actual, :held]
end

defmodule Gonfalon.Step do
  @moduledoc """
  One gate. `outcome` is `:no`, `:yes`, `:deny`, `:pass`, `:fail` or `:not_asked`; `facts` are what was compared (scores of 0 … 65535,
  draws of 1 … 10000, times in Unix microseconds; nil: open, missing or not needed); `detail` says it in words.
  """
  @type t :: %__MODULE__{}
  defstruct gate: nil, outcome: nil, target: nil, facts: %{}, comparisons: [], detail: ""
end

defmodule Gonfalon.Explanation do
  @moduledoc "A decision and the steps to it. `to_string/1` makes a table to read."

  alias Gonfalon.{Comparison, Decision, Msgpack, Step, Words}

  @type t :: %__MODULE__{}
  defstruct decision: nil, steps: [], environment: nil, revision: nil

  @outcomes {:no, :yes, :deny, :pass, :fail, :not_asked}
  @operators {:eq, :neq, :in, :not_in, :contains, :gt, :gte, :lt, :lte, :matches, :never, :semver_gte, :semver_lt,
              :starts_with, :ends_with}

  # What a step's three numbers are, by gate.
  @facts %{
    nil => [:exhausted],
    :actor => [:state],
    :group => [:state],
    :rule => [:score, :limit],
    :segment => [:score, :limit],
    :boolean => [:on],
    :schedule => [:from, :until, :now],
    :percentage_of_actors => [:score, :limit],
    :percentage_of_time => [:draw, :limit],
    :prerequisite => [:required, :found]
  }

  @doc false
  def outcomes, do: Tuple.to_list(@outcomes)
  @doc false
  def operators, do: Tuple.to_list(@operators)

  @doc false
  # Reads the module's form: [packed, [[gate, outcome, target, a, b, c, details] …]].
  def read(written, decision, info) do
    {:ok, [_, steps]} = Msgpack.unpack_all(written)

    %__MODULE__{
      decision: decision,
      steps: Enum.map(steps, &step/1),
      environment: info.environment,
      revision: info.revision
    }
  end

  @doc false
  def step([number, outcome, target, a, b, c, details]) do
    gate = Decision.gate(number)

    step = %Step{
      gate: gate,
      outcome: named(@outcomes, "outcome", outcome),
      target: target,
      facts: @facts |> Map.get(gate, []) |> Enum.zip([a, b, c]) |> Map.new(),
      comparisons: Enum.map(details || [], &comparison/1)
    }

    %{step | detail: Words.detail(step)}
  end

  defp comparison([attribute, operator, values, actual, held]) do
    %Comparison{
      attribute: attribute,
      operator: named(@operators, "operator", operator),
      values: Enum.map(values, &plain/1),
      actual: plain(actual),
      held: held
    }
  end

  defp named(names, _, number) when number < tuple_size(names), do: elem(names, number)
  # Of a newer engine.
  defp named(_, kind, number), do: "#{kind} #{number}"

  defp plain({:map, pairs}), do: Map.new(pairs, fn {key, value} -> {key, plain(value)} end)
  defp plain({:ext, _, digits}), do: digits
  defp plain(list) when is_list(list), do: Enum.map(list, &plain/1)
  defp plain(value), do: value

  defimpl String.Chars do
    def to_string(%{decision: decision} = explanation) do
      at = if explanation.revision, do: "revision #{explanation.revision}", else: "nothing loaded"
      state = if decision.enabled, do: "on", else: "off"
      reason = decision.reason |> Kernel.to_string() |> String.upcase()
      variant = if decision.variant, do: " · variant #{decision.variant}", else: ""
      head = "#{decision.key} · #{explanation.environment} · #{at} · #{state} · #{reason}#{variant}"
      Enum.join([head | Enum.map(explanation.steps, &line/1)], "\n")
    end

    defp line(step) do
      target = if step.target, do: Gonfalon.Words.name(step.target), else: ""

      "  #{String.pad_trailing(Kernel.to_string(step.gate), 20)} #{String.pad_trailing(target, 16)} " <>
        "#{String.pad_trailing(Kernel.to_string(step.outcome), 9)} #{step.detail}"
    end
  end
end
