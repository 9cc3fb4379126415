defmodule Program do
  @moduledoc "Prints what a program gets by the generated functions."

  def run do
    [flags] = System.argv()
    Logger.configure(level: :error)
    {:ok, _} = Application.ensure_all_started(:gonfalon)
    {:ok, _} = Gonfalon.start_link(bootstrap: flags)
    who = [for: "user:3"]
    shown([FeatureFlags.new_checkout_x1b72c6a1?(who), FeatureFlags.class?(who), FeatureFlags.flag_1st?()])
    shown([FeatureFlags.hero_xae6c79d1_variant(who ++ [default: "name"])])

    shown([
      FeatureFlags.color_payload(who ++ [default: "red"]),
      FeatureFlags.limit_payload(who ++ [default: 1]),
      FeatureFlags.ratio_payload(who ++ [default: 2.0]),
      FeatureFlags.fast_payload(who ++ [default: false])
    ])

    %FeatureFlags.ThemePayload{} = theme = FeatureFlags.theme_payload(who)

    shown([theme.color, length(theme.sizes), theme.border.width, theme.border.style == nil, Enum.at(theme.points, 1).x, theme.note == nil])
  end

  defp shown(values), do: values |> Enum.map_join(" ", &to_string/1) |> IO.puts()
end
