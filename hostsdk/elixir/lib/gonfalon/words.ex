defmodule Gonfalon.Words do
  @moduledoc false
  # What a step of an explanation compared, in words: those of wasm/ABI.md, the same in every language.

  @draws 10_000
  @scores 65_536
  @longest 80

  @doc "Says what the step's gate compared."
  def detail(%{outcome: :not_asked, gate: gate}) when gate in [:rule, :segment], do: "the context is empty"
  def detail(%{outcome: :not_asked}), do: "there is no actor"
  def detail(%{gate: nil, facts: %{exhausted: nil}}), do: "a newer build wrote this flag, and this one can't read it"
  def detail(%{gate: nil}), do: "the comparisons took too many steps over this context"
  def detail(%{gate: :actor, outcome: :yes}), do: "named, and allowed"
  def detail(%{gate: :actor, outcome: :deny}), do: "named, and denied"
  def detail(%{gate: :actor}), do: "not named"
  def detail(%{gate: :group, outcome: :yes}), do: "a member, and allowed"
  def detail(%{gate: :group, outcome: :deny}), do: "a member, and denied"
  def detail(%{gate: :group}), do: "in none of the flag's groups"
  def detail(%{gate: gate} = step) when gate in [:rule, :segment], do: rule(step)
  def detail(%{gate: :boolean, facts: facts}), do: on_off(facts.on)

  def detail(%{gate: :schedule, facts: facts}),
    do: "#{window(facts.from, facts.until)}, and it is #{moment(facts.now || 0)}"

  def detail(%{gate: :percentage_of_actors, facts: facts}), do: share(facts.score, facts.limit, "actors")

  def detail(%{gate: :percentage_of_time, facts: facts}) do
    {draw, limit} = {facts.draw || 0, facts.limit || 0}
    "#{percent(limit, @draws)}% of the time: drew #{draw} #{sign(draw, limit)} #{limit} of 10000"
  end

  def detail(%{gate: :prerequisite, facts: facts, outcome: outcome}) do
    state =
      case facts.found do
        nil -> "missing"
        0 -> "off"
        1 -> "on"
        _ -> "in a cycle, too deep, too costly, or unreadable"
      end

    if outcome == :pass, do: "#{state}, as required", else: "#{state}, but must be #{on_off(facts.required)}"
  end

  def detail(%{gate: :kill}), do: "the flag is killed"
  def detail(_), do: ""

  defp rule(step) do
    {held, rest} = Enum.split_while(step.comparisons, & &1.held)
    told = Enum.map(held ++ Enum.take(rest, 1), &constraint/1)
    share = if rest == [] and step.facts.limit != nil, do: [share(step.facts.score, step.facts.limit, "them")], else: []
    Enum.join(told ++ share, " and ")
  end

  defp constraint(c) do
    value = if length(c.values) == 1 and c.operator not in [:in, :not_in], do: hd(c.values), else: c.values
    text = "#{name(c.attribute)} #{c.operator} #{short(value)}"

    cond do
      c.held -> text
      c.actual == nil -> "#{text}: it is missing"
      true -> "#{text}: it is #{short(c.actual)}"
    end
  end

  defp on_off(1), do: "on"
  defp on_off(_), do: "off"

  defp sign(n, limit), do: if(n > limit, do: ">", else: "≤")

  defp share(score, limit, whose) do
    most = limit || 0
    text = "#{percent(most, @scores)}% of #{whose}"

    if score == nil,
      do: "#{text}: there is no actor",
      else: "#{text}: score #{place(score)} #{sign(score, most)} #{place(most)}"
  end

  # The roundest percentage that grants what is at most n of the whole.
  defp percent(n, whole) do
    Enum.find_value(0..6, fn decimals ->
      power = Integer.pow(10, decimals)
      rounded = -Integer.floor_div(-n * 100 * power, whole)
      if rounded * whole < (n + 1) * 100 * power or decimals == 6, do: decimal(rounded, decimals)
    end)
  end

  # A score as a place in [0, 1), to four decimals.
  defp place(score), do: decimal(div(score * 10_000 + div(@scores, 2), @scores), 4)

  defp decimal(n, 0), do: Integer.to_string(n)

  defp decimal(n, decimals) do
    digits = n |> Integer.to_string() |> String.pad_leading(decimals + 1, "0")
    {whole, fraction} = String.split_at(digits, -decimals)
    "#{whole}.#{fraction}"
  end

  defp window(nil, nil), do: "always open"
  defp window(nil, until), do: "until #{moment(until)}"
  defp window(from, nil), do: "from #{moment(from)} on"
  defp window(from, until), do: "from #{moment(from)} until #{moment(until)}"

  # A time in Unix microseconds, for people.
  defp moment(at) do
    if Integer.floor_div(at, 1_000_000) in -62_135_596_800..253_402_300_799,
      do: Gonfalon.Values.moment(at),
      else: "#{at} µs"
  end

  # A value as JSON, cut if it is long. A character is a code point here, as in every language.
  defp short(value) do
    text = written(value)
    points = String.to_charlist(text)
    if length(points) <= @longest, do: text, else: List.to_string(Enum.take(points, @longest - 1)) <> "…"
  end

  defp written(nil), do: "null"
  defp written(value) when is_boolean(value), do: to_string(value)
  defp written(value) when is_integer(value), do: Integer.to_string(value)
  defp written(value) when is_float(value), do: number(value)
  defp written(value) when is_binary(value), do: quoted(value)
  defp written(list) when is_list(list), do: "[#{Enum.map_join(list, ", ", &written/1)}]"

  defp written(map) when is_map(map),
    do: "{#{map |> Enum.sort() |> Enum.map_join(", ", fn {key, value} -> "#{quoted(key)}: #{written(value)}" end)}}"

  # A float as JavaScript writes it: the shortest digits, plain from 1e-6 to below 1e21.
  defp number(value) do
    {negative, digits, exponent} = shortest(value)
    minus = if negative, do: "-", else: ""

    cond do
      value == 0 -> if negative, do: "-0", else: "0"
      abs(value) >= 1.0e-6 and abs(value) < 1.0e21 -> minus <> plain(digits, exponent)
      true -> minus <> scientific(digits, exponent)
    end
  end

  # The digits d₁d₂… and the exponent e of d₁.d₂… × 10ᵉ.
  defp shortest(value) do
    text = Float.to_string(abs(value))
    {mantissa, exponent} = with [m, e] <- String.split(text, "e"), do: {m, String.to_integer(e)}, else: ([m] -> {m, 0})
    [whole, fraction] = String.split(mantissa, ".")
    all = String.trim_leading(whole <> fraction, "0")
    leading = String.length(whole <> fraction) - String.length(all)
    <<sign::1, _::63>> = <<value::float>>
    {sign == 1, String.trim_trailing(all, "0"), exponent + String.length(whole) - 1 - leading}
  end

  defp plain(digits, exponent) when exponent < 0, do: "0." <> String.duplicate("0", -exponent - 1) <> digits

  defp plain(digits, exponent) do
    {whole, fraction} = digits |> String.pad_trailing(exponent + 1, "0") |> String.split_at(exponent + 1)
    if fraction == "", do: whole, else: "#{whole}.#{fraction}"
  end

  defp scientific(digits, exponent) do
    {first, rest} = String.split_at(digits, 1)
    sign = if exponent < 0, do: "-", else: "+"
    "#{first}#{if rest != "", do: "." <> rest}e#{sign}#{abs(exponent)}"
  end

  @doc "The name of an attribute or a target, in quotes unless it is a plain word."
  def name(text), do: if(text =~ ~r/\A[A-Za-z0-9_.:@\/-]+\z/, do: text, else: quoted(text))

  # A text as a JSON string in which whatever could change how a line is shown is escaped.
  defp quoted(text), do: "\"" <> for(<<c::utf8 <- Gonfalon.Values.text(text)>>, into: "", do: shown(c)) <> "\""

  defp shown(?"), do: "\\\""
  defp shown(?\\), do: "\\\\"
  defp shown(?\n), do: "\\n"
  defp shown(?\t), do: "\\t"
  defp shown(?\r), do: "\\r"

  defp shown(c)
       when c < 0x20 or c in 0x7F..0x9F or c in 0x200B..0x200F or c in 0x2028..0x202E or c in 0x2060..0x2069 or
              c == 0xFEFF do
    "\\u" <> (c |> Integer.to_string(16) |> String.downcase() |> String.pad_leading(4, "0"))
  end

  defp shown(c), do: <<c::utf8>>
end
