# frozen_string_literal: true

module Gonfalon
  # What a step of an explanation compared, in words: those of wasm/ABI.md, the same in every language.
  module Words
    DRAWS = 10_000
    LONGEST = 80
    PLAIN = %r{\A[A-Za-z0-9_.:@/-]+\z}
    SHOWN_OTHERWISE = /["\\\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/
    SIMPLE = { '"' => '\"', "\\" => "\\\\", "\n" => '\n', "\t" => '\t', "\r" => '\r' }.freeze
    FOUND = { nil => "missing", 0 => "off", 1 => "on" }.freeze
    NAMED = { "yes" => "named, and allowed", "deny" => "named, and denied" }.freeze
    MEMBER = { "yes" => "a member, and allowed", "deny" => "a member, and denied" }.freeze

    module_function

    # Says what the step's gate compared.
    def detail(step)
      facts = step.facts
      if step.outcome == "not_asked"
        return %w[rule segment].include?(step.gate) ? "the context is empty" : "there is no actor"
      end

      case step.gate
      when "" then nothing(facts)
      when "actor" then NAMED.fetch(step.outcome, "not named")
      when "group" then MEMBER.fetch(step.outcome, "in none of the flag's groups")
      when "rule", "segment" then rule(step)
      when "boolean" then on_off(facts[:on])
      when "schedule" then "#{window(facts[:from], facts[:until])}, and it is #{moment(facts[:now] || 0)}"
      when "percentage_of_actors" then share(facts[:score], facts[:limit], "actors")
      when "percentage_of_time" then draw(facts[:draw] || 0, facts[:limit] || 0)
      when "prerequisite" then prerequisite(step.outcome, facts)
      when "kill" then "the flag is killed"
      else ""
      end
    end

    # Returns the name of an attribute or a target, in quotes unless it is a plain word.
    def name(text)
      text.match?(PLAIN) ? text : quoted(text)
    end

    def nothing(facts)
      return "the comparisons took too many steps over this context" if facts[:exhausted]

      "a newer build wrote this flag, and this one can't read it"
    end

    def prerequisite(outcome, facts)
      state = FOUND.fetch(facts[:found], "in a cycle, too deep, too costly, or unreadable")
      outcome == "pass" ? "#{state}, as required" : "#{state}, but must be #{on_off(facts[:required])}"
    end

    def rule(step)
      told = []
      step.comparisons.each do |comparison|
        told << constraint(comparison)
        return told.join(" and ") unless comparison.held
      end
      told << share(step.facts[:score], step.facts[:limit], "them") if step.facts[:limit]
      told.join(" and ")
    end

    def constraint(comparison)
      values = comparison.values
      single = values.size == 1 && !%w[in not_in].include?(comparison.operator)
      text = "#{name(comparison.attribute)} #{comparison.operator} #{short(single ? values[0] : values)}"
      return text if comparison.held

      comparison.actual.nil? ? "#{text}: it is missing" : "#{text}: it is #{short(comparison.actual)}"
    end

    def on_off(value)
      value == 1 ? "on" : "off"
    end

    def sign(count, limit)
      count > limit ? ">" : "≤"
    end

    def draw(drawn, limit)
      "#{percent(limit, DRAWS)}% of the time: drew #{drawn} #{sign(drawn, limit)} #{limit} of 10000"
    end

    def share(score, limit, of)
      most = limit || 0
      text = "#{percent(most, Packed::SCORES)}% of #{of}"
      return "#{text}: there is no actor" if score.nil?

      "#{text}: score #{place(score)} #{sign(score, most)} #{place(most)}"
    end

    # Returns the roundest percentage that grants what is at most count of the whole.
    def percent(count, whole)
      (0..6).each do |decimals|
        power = 10**decimals
        rounded = -(-count * 100 * power / whole)
        return decimal(rounded, decimals) if rounded * whole < (count + 1) * 100 * power || decimals == 6
      end
    end

    # Returns a score as a place in [0, 1), to four decimals.
    def place(score)
      decimal(((score * 10_000) + (Packed::SCORES / 2)) / Packed::SCORES, 4)
    end

    def decimal(number, decimals)
      digits = number.to_s.rjust(decimals + 1, "0")
      decimals.zero? ? digits : "#{digits[0...-decimals]}.#{digits[-decimals..]}"
    end

    def window(from, till)
      return till ? "until #{moment(till)}" : "always open" if from.nil?

      till ? "from #{moment(from)} until #{moment(till)}" : "from #{moment(from)} on"
    end

    # Returns a time in Unix microseconds, for people.
    def moment(at)
      time = Time.at(at.div(1_000_000), at.modulo(1_000_000), :microsecond, in: "UTC")
      return "#{at} µs" unless (1..9999).cover?(time.year) # beyond the years that every language knows

      Values.moment(time)
    end

    # Returns a value as JSON, cut if it is long.
    def short(value)
      text = written(value)
      text.size <= LONGEST ? text : "#{text[0, LONGEST - 1]}…"
    end

    def written(value)
      case value
      when nil then "null"
      when Float then number(value)
      when String then quoted(value)
      when Hash then "{#{value.map { |key, item| "#{quoted(key)}: #{written(item)}" }.join(", ")}}"
      when Array then "[#{value.map { |item| written(item) }.join(", ")}]"
      else value.to_s
      end
    end

    # Returns a float as JavaScript writes it.
    def number(value)
      exact = value.to_s
      sign, digits, fraction, exponent = exact.match(/\A(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?\z/)&.captures
      return exact if digits.nil?

      fraction = "" if fraction == "0" || fraction.nil?
      exponent = exponent.to_i
      if value.zero? || (value.abs >= 1e-6 && value.abs < 1e21) then sign + spelled(digits, fraction, exponent)
      else "#{sign}#{digits}#{".#{fraction}" unless fraction.empty?}e#{exponent.positive? ? "+" : "-"}#{exponent.abs}"
      end
    end

    def spelled(digits, fraction, exponent)
      if exponent.negative?
        "0.#{"0" * (-exponent - 1)}#{digits}#{fraction}"
      else
        fraction = fraction.ljust(exponent, "0")
        whole = digits + fraction[0, exponent]
        rest = fraction[exponent..]
        rest.empty? ? whole : "#{whole}.#{rest}"
      end
    end

    # Returns a text as a JSON string in which whatever could change how a line is shown is escaped.
    def quoted(text)
      escaped = text.gsub(SHOWN_OTHERWISE) { |sign| SIMPLE[sign] || format("\\u%04x", sign.ord) }
      "\"#{escaped}\""
    end
  end
  private_constant :Words
end
