# frozen_string_literal: true

require_relative "helper"
require "minitest/mock"

class EngineTest < Minitest::Test
  DATA = Frames.snapshot(1, a: true, b: false, hero: "blue")

  # An instance that traps a number of times.
  class Trapping < SimpleDelegator
    class << self
      attr_accessor :traps
    end

    %i[evaluate decide].each do |name|
      define_method(name) do |*arguments|
        raise GonfalonTrap, "trapped" if (Trapping.traps -= 1) >= 0

        super(*arguments)
      end
    end
  end

  def test_bytes_that_are_no_snapshot
    error = assert_raises(Gonfalon::SnapshotError) { GonfalonInstance.load(DATA[0..-2]) }
    assert_equal [4, "the content id doesn't match the bytes: they are truncated or altered (code 4) at byte #{error.offset}"], [error.code, error.message]
    assert_equal 1, assert_raises(Gonfalon::SnapshotError) { GonfalonInstance.load("\0" * ((32 << 20) + 1)) }.code
    (0...DATA.bytesize).each { |size| assert_raises(Gonfalon::SnapshotError) { GonfalonInstance.load(DATA.byteslice(0, size)) } }
  end

  def test_a_malformed_request_is_refused
    instance = GonfalonInstance.load(DATA)
    ["", "\xc1", "\x96", "\x91\xc0\x01", "\x9f"].each { |request| assert_raises(GonfalonRequestError) { instance.evaluate(request.b) } }
  end

  def test_a_trap_replaces_the_instance
    trapping(1) do |flags|
      assert_equal "blue", flags.variant(:hero, "u")
      assert_equal [1, 0], [flags.stats.traps, flags.stats.broken]
    end
  end

  def test_a_request_that_always_traps_is_the_callers_default
    trapping(2) do |flags|
      assert_equal "default", flags.variant(:hero, "u", default: "default")
      assert_equal [2, 1], [flags.stats.traps, flags.stats.broken]
      assert_equal "blue", flags.variant(:hero, "u")
    end
  end

  def test_a_retired_engine_still_answers
    engine = GonfalonEngine.new(DATA, nil)
    engine.evaluate("hero", "u", nil, nil, nil, nil)
    engine.retire
    engine.retire
    assert_equal 1, engine.evaluate("a", "u", nil, nil, nil, nil) & 1
    assert_equal "blue", engine.decide("hero", "u", nil, nil, nil, nil).variant
  end

  def test_threads_share_an_engine_that_is_replaced_again_and_again
    flags = Gonfalon::TestFlags.new(logger: SILENT)
    flags.serve(:hero, "blue")
    busy = true
    threads = Array.new(4) do
      Thread.new do
        wrong = 0
        wrong += 1 until !busy || flags.variant(:hero, "u") != "blue" || flags.decide_all("u").none?
        [busy, wrong]
      end
    end
    30.times { |i| flags.enable("flag#{i % 10}") }
    busy = false
    threads.each { |thread| refute thread.value[0] }
    assert_equal 0, flags.stats.broken
  end

  def test_a_batch_of_more_than_a_call_takes
    many = (1..2500).to_h { |i| [format("f%04d", i).to_sym, i.odd?] }
    flags = Gonfalon::Client.new(bootstrap: Frames.snapshot(1, **many), logger: SILENT)
    decisions = flags.decide_all("u")
    assert_equal many.keys.map(&:name), decisions.map(&:key)
    assert_equal many.values, decisions.map(&:enabled?)
    assert_equal [true, false, false], flags.decide_all("u", keys: [:f0001, "f0002", "none"]).map(&:enabled?)
    assert_equal 1, flags.stats.unknown
  end

  def test_keys_of_no_flag_are_remembered_up_to_a_bound
    flags = Gonfalon::Client.new(bootstrap: DATA, logger: SILENT)
    5000.times { |i| refute flags.enabled?("none-#{i}") }
    assert_equal 5000, flags.stats.unknown
    engine = flags.instance_variable_get(:@store).engine
    assert_operator engine.instance_variable_get(:@needs).size, :<, 1100
  end

  def test_memory_stays_when_snapshots_come_and_go
    flags = Gonfalon::TestFlags.new
    100.times { |i| flags.enable("f#{i % 3}") }
    GC.start
    before = rss
    200.times { |i| flags.enable("f#{i % 3}") }
    GC.start
    assert_operator rss - before, :<, 40
  end

  private

  def trapping(traps)
    Trapping.traps = 0
    load = GonfalonInstance.method(:load)
    GonfalonInstance.stub(:load, ->(data) { Trapping.new(load.call(data)) }) do
      flags = Gonfalon::Client.new(bootstrap: DATA, logger: SILENT)
      flags.variant(:hero, "u")
      Trapping.traps = traps
      yield flags
    end
  end

  def rss
    File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i / 1024
  end
end
