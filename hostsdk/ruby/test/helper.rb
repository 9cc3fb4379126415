# frozen_string_literal: true

$LOAD_PATH.unshift(File.expand_path("../lib", __dir__))
require "json"
require "logger"
require "minitest/autorun"
require "stringio"
require "gonfalon"
require "gonfalon/testing"
require_relative "fake_server"
require_relative "watcher"

# The parts that programs don't see.
module Gonfalon
  %i[
    Backoff Compiler Endpoint Engine Events Instance Listener Log Meter RegularFile MessagePack MessagePackError Payload Records Refused RequestError Resolution Schedules Status Store TestFlag Trap
    UnreadableError WireError Words
  ].each { |name| ::Object.const_set("Gonfalon#{name}", const_get(name)) }
end

TREE = File.expand_path("../../..", __dir__)
LINEAGE = (1..16).map(&:chr).join.b
SILENT = Logger.new(IO::NULL)

# No waiting between attempts, and no grace: what happens is awaited, not timed.
QUICK = { grace: 0.01, logger: SILENT, pace: Gonfalon::Pace.new(backoff: 0.01, longest: 0.02, usage: 3600, farewell: 5) }.freeze

# Snapshots, deltas and frames.
module Frames
  module_function

  # Returns a snapshot of flags that are on or off, or (a string) serve a variant.
  def snapshot(revision = 1, lineage: LINEAGE, environment: "default", **flags)
    made = flags.to_h do |key, value|
      [key.to_s, String === value ? GonfalonTestFlag.new(variant: [value, nil]) : GonfalonTestFlag.new(on: value)]
    end
    GonfalonCompiler.compile(made, revision: revision, environment: environment, lineage: lineage)
  end

  # Returns the delta from one snapshot to another, by FORMAT.md.
  def delta(base, result)
    header, segments, flags, id = GonfalonMessagePack.unpack(result)
    _, old_segments, old_flags, base_id = GonfalonMessagePack.unpack(base)
    GonfalonMessagePack.pack([header, base_id, difference(old_segments, segments), difference(old_flags, flags), id])
  end

  def difference(old, new)
    before = old.to_h
    after = new.to_h
    (before.keys | after.keys).sort_by(&:b).reject { |key| before[key] == after[key] }.map { |key| [key, after[key]] }
  end

  def position(data)
    header, _, _, id = GonfalonMessagePack.unpack(data)
    "#{header[3].unpack1("H*")}-#{header[4]}-#{id.unpack1("H*")}"
  end

  def id(data)
    data[-32..].unpack1("H*")
  end

  def frame(kind, data, at)
    "event: #{kind}\nid: #{at}\ndata: #{[data].pack("m0")}\n\n"
  end
end
