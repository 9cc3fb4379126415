# frozen_string_literal: true

require_relative "helper"
require "rack"
require "gonfalon/rack"

class RackTest < Minitest::Test
  def test_whatever_is_asked_or_returned_is_answered
    flags = Gonfalon::TestFlags.new(logger: SILENT)
    flags.enable(:a)
    hostile = Class.new { def hash = raise(Exception, "no hash") }.new # rubocop:disable Lint/RaiseException
    text = Class.new(String) { def hash = raise(Exception, "no hash") }.new("a")
    asking = Gonfalon::RequestFlags.new(flags, {}, ->(_) { raise Exception, "no context" })
    [nil, 5, hostile, BasicObject.new, []].each { |key| assert_equal [true, nil], [asking.enabled?(key, default: true), asking.variant(key)] }
    [5, "x", [1], hostile, BasicObject.new, { actor: BasicObject.new }].each do |context|
      assert Gonfalon::RequestFlags.new(flags, {}, ->(_) { context }).enabled?(text)
    end
  end

  def setup
    @flags = Gonfalon::TestFlags.new(logger: SILENT)
    @flags.enable(:new_checkout, for_group: "staff")
    @flags.serve(:hero, "blue", { "hex" => "#00f" })
  end

  def test_a_request_asks_by_its_own_context
    app = app { |env| { actor: env["HTTP_X_USER"], groups: ["staff"], attributes: { path: env["PATH_INFO"] } } }
    assert_equal "true blue #00f user:3", Rack::MockRequest.new(app).get("/", "HTTP_X_USER" => "user:3".b).body
  end

  def test_a_request_sees_one_answer
    asked = 0
    inner = lambda do |env|
      first = env["gonfalon"].enabled?(:new_checkout)
      @flags.kill("new_checkout")
      [200, {}, [[first, env["gonfalon"].enabled?("new_checkout")].inspect]]
    end
    app = Gonfalon::Middleware.new(inner, @flags) { |_| (asked += 1) && Gonfalon::Context.new("u", groups: "staff") }
    assert_equal "[true, true]", Rack::MockRequest.new(app).get("/").body
    assert_equal 1, asked
    assert_equal "[false, false]", Rack::MockRequest.new(app).get("/").body
  end

  def test_a_context_that_raises_is_one_that_cannot_be_read
    app = app { |_| raise "no session" }
    assert_equal "true default  ", Rack::MockRequest.new(app).get("/").body
    assert_operator @flags.stats.unreadable, :>, 0
  end

  def test_without_a_block_nobody_is_asking
    assert_equal "false default  ", Rack::MockRequest.new(app).get("/").body
  end

  private

  def app(&context)
    inner = lambda do |env|
      flags = env["gonfalon"]
      hex = flags.payload_object(:hero, default: {})["hex"]
      [200, {}, [[flags.enabled?(:new_checkout, default: true), flags.variant(:hero, default: "default"), hex, flags.context.actor].join(" ")]]
    end
    Rack::Lint.new(Gonfalon::Middleware.new(inner, @flags, &context))
  end
end
