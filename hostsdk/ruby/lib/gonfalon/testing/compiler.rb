# frozen_string_literal: true

require "digest"
require "json"

module Gonfalon
  # One flag's gates, as far as tests need them. States of actors and groups: true allows, false denies.
  TestFlag = Struct.new(:on, :killed, :actors, :groups, :actors_ratio, :time_ratio, :variant, :off_variant, :requires, :windows,
                        keyword_init: true) do
    def initialize(on: false, killed: false, actors: {}, groups: {}, requires: {}, windows: [], **others)
      super
    end

    def copy
      dup.tap do |flag|
        flag.actors = actors.dup
        flag.groups = groups.dup
        flag.requires = requires.dup
      end
    end

    # Turns the flag on or off for what is named, or for everyone.
    def scoped(enabled, scopes)
      given = scopes.compact
      raise ArgumentError, "one scope at a time: each of them is a change of its own" if given.size > 1

      scope, value = given.first
      case scope
      when nil then self.on = enabled
      when :actors, :groups, :requires then self[scope][Values.text(value.to_s)] = enabled
      else
        raise ArgumentError, "#{value} is not between 0 and 1 (both excluded)" unless value.positive? && value < 1

        self[scope] = value
      end
    end
  end

  # Makes a snapshot of flags for tests, in the bytes that engine/snapshot/FORMAT.md describes.
  module Compiler
    module_function

    def compile(flags, revision: 1, environment: "test", lineage: "\0" * 16)
      flags = flags.sort_by { |key, _| key.b }
      records = flags.map { |key, flag| [Values.text(key), record(flag)] }
      header = ["gonfalon", 1, environment, lineage.b, revision, [0], counts(flags.map(&:last))]
      # An array of 4, of which the last is the id: SHA-256 of every byte before it.
      sealed = "\x94".b + MessagePack.pack([header, [], records])[1..] + "\xC4\x20".b
      sealed + Digest::SHA256.digest(sealed)
    end

    def counts(flags)
      slots = flags.sum { |flag| slots(flag.actors.size) + slots(flag.groups.size) }
      [flags.size, 0, slots, 0, 0, 0, flags.count(&:variant), flags.sum { |flag| flag.requires.size },
       flags.sum { |flag| flag.windows.size }, 0, 0, 0]
    end

    def record(flag)
      MessagePack.pack([
        (flag.on ? 1 : 0) | (flag.killed ? 2 : 0),
        flag.actors_ratio ? 1 + [(flag.actors_ratio * Packed::SCORES).to_i, Packed::SCORES - 1].min : 0,
        flag.time_ratio ? 1 + draws(flag.time_ratio) : 0,
        flag.off_variant ? 1 : 0,
        table(flag.actors),
        table(flag.groups),
        [],
        variants(flag.variant),
        flag.requires.to_a.flatten,
        flag.windows.flatten
      ])
    end

    def variants(variant)
      return [] if variant.nil?

      name, payload = variant
      [[name, Packed::SCORES, payload.nil? ? nil : JSON.generate(sorted(payload)).b]]
    end

    # Returns a payload with its keys in order, as canonical JSON has them.
    def sorted(payload)
      case payload
      when Hash then payload.map { |key, item| [key.to_s, sorted(item)] }.sort.to_h
      when Array then payload.map { |item| sorted(item) }
      else payload
      end
    end

    def table(states)
      states.sort_by { |name, _| name.b }.flat_map { |name, allowed| [name, allowed ? 2 : 1] }
    end

    # Returns the smallest power of two that is at least 2 and at least n + n/2; nothing for an empty table.
    def slots(count)
      count.zero? ? 0 : [2, 1 << (count + (count / 2) - 1).bit_length].max
    end

    # Returns the greatest n of 1 … 10000 with n/10000 ≤ ratio; 0 if there is none.
    def draws(ratio)
      count = (ratio * 10_000).to_i + 1
      count -= 1 while count / 10_000.0 > ratio
      count
    end
  end
  private_constant :TestFlag, :Compiler
end
