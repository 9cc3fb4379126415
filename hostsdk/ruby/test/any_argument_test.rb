# frozen_string_literal: true

require_relative "helper"
require "timeout"

# Every question of a client, found by reflection, with whatever a program can hand in.
class AnyArgumentTest < Minitest::Test
  Serious = Class.new(Exception) { def message = raise(Exception, "even so") } # rubocop:disable Lint/InheritException
  Hostile = Class.new do
    %i[actor_id in_group? to_s to_str inspect hash eql? == each class respond_to? message].each { |name| define_method(name) { |*| raise Serious } }
  end
  Text = Class.new(String) { %i[to_s hash dump encoding name].each { |name| define_method(name) { |*| raise Serious } } }
  Actor = Class.new { def actor_id = raise(Serious) }
  Grouped = Class.new do
    def actor_id = "u"
    def in_group?(_name) = raise(Serious)
  end
  ODD = [
    nil, true, 0, -1, 1.5, Float::NAN, 10**5000, "", "\xff", "a\0b", "x" * (1 << 20), "é".encode("UTF-16"), "\xff".b, :a, [], [[]], {}, { 1 => 2 },
    (0..), Object.new, BasicObject.new, Hostile.new, Text.new("a"), Actor.new, Grouped.new, Class, ->(_) { raise Serious }, Struct.new(:actor_id).new(Actor.new),
    Enumerator.new { |all| loop { all << "g" } }, Gonfalon::Context.new(Hostile.new, groups: Grouped.new), Time.now, binding
  ].freeze
  LISTENING = %i[subscribe].freeze # takes a block, which is no question

  def setup
    @flags = Gonfalon::TestFlags.new(logger: SILENT)
    @flags.enable(:a, for_group: "staff")
    @loaded_nothing = Gonfalon::TestFlags.new(logger: SILENT).tap(&:unload)
  end

  def questions
    (Gonfalon::Flags.public_instance_methods - LISTENING).map { |name| Gonfalon::Flags.instance_method(name) }
  end

  def test_no_question_raises
    assert_operator questions.size, :>=, 14
    questions.each do |question|
      ODD.each do |odd|
        [@flags, @loaded_nothing].each { |flags| asked(question, odd).each { |arguments, named| flags.public_send(question.name, *arguments, **named) } }
      end
    end
    ODD.product(ODD).each { |key, actor| Gonfalon.score(key, actor) }
  end

  # Yields the odd value in each place of a question in turn.
  def asked(question, odd)
    given = question.parameters
    places = given.count { |kind, _| %i[req opt].include?(kind) } + (given.any? { |kind, _| kind == :rest } ? 1 : 0)
    names = given.filter_map { |kind, name| name if %i[key keyreq].include?(kind) }
    names |= %i[groups attributes now roll] if given.any? { |kind, _| kind == :keyrest }
    required = given.any? { |kind, name| kind == :keyreq && name == :default } ? { default: nil } : {}
    places.times.map { |i| [["a", "u"].first(places).each_with_index.map { |usual, at| at == i ? odd : usual }, required] } +
      names.map { |name| [["a", "u"].first(places), required.merge(name => odd)] }
  end

  def test_what_ends_the_program_or_a_thread_goes_through
    [SystemExit, Interrupt, SignalException.new("TERM"), NoMemoryError].each do |ending|
      actor = Object.new
      actor.define_singleton_method(:actor_id) { raise ending }
      assert_raises(ending.is_a?(Class) ? ending : ending.class) { @flags.enabled?(:a, actor) }
    end
    slow = Object.new
    slow.define_singleton_method(:actor_id) { sleep }
    assert_raises(Timeout::Error) { Timeout.timeout(0.05) { @flags.enabled?(:a, slow) } }
  end

  def test_a_million_of_anything_is_soon_over
    million = Array.new(1_000_000, "x")
    endless = []
    40.times { endless << endless }
    attributes = { list: million, endless: endless, "deep" => [million] }
    names = million.each_with_index.to_h { |_, i| ["n#{i}", i] }
    { list: -> { @flags.enabled?(:a, "u", groups: million) }, explain: -> { @flags.explain(:a, "u", attributes: attributes) },
      decide_all: -> { @flags.decide_all("u", keys: million) }, attributes: -> { @flags.enabled?(:a, "u", groups: ["x"], attributes: attributes) },
      all: -> { @flags.decide_all("u", attributes: attributes) }, names: -> { @flags.enabled?(:a, "u", groups: ["x"], attributes: names) } }.each do |what, ask|
      began = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) # which no other process makes longer
      ask.call
      assert_operator Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) - began, :<, 1.0, what
    end
  end

  def test_a_key_too_long_to_be_a_flags_is_unknown_and_not_kept
    long = "x" * (1 << 20)
    decision = @flags.decide(long, "u")
    assert_equal ["UNKNOWN_FLAG", long], [decision.reason, decision.key]
    assert_equal "UNKNOWN_FLAG", @flags.decide_all("u", keys: [long, "a"])[0].reason
    assert_equal "UNKNOWN_FLAG", @flags.explain(long).decision.reason
    needs = @flags.instance_variable_get(:@store).engine.instance_variable_get(:@needs)
    refute(needs.keys.any? { |key| key.size > 1024 })
  end
end
