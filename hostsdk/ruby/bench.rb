# frozen_string_literal: true

# Measures the SDK, and prints its figures as one JSON object; every answer is checked. GONFALON_BENCH is a folder of
# `contract bench`. The lowest of many samples counts: what a busy machine adds, it only ever adds.

require "digest"
require "json"
require "rbconfig"
require "gonfalon"

KINDS = { "boolean" => 1.0, "percentage" => 0.25, "rule" => 0.5 }.freeze
ACTORS = Array.new(64) { |i| format("user:%06d", i * 3).freeze }.freeze
ATTRIBUTES = { "age" => 34, "beta" => true, "country" => "DE", "email" => "jo@example.com", "plan" => "team" }.freeze
HUNDRED = Array.new(100) { |i| format("%s_%05d", KINDS.keys[i % 3], i / 3).freeze }.freeze
FIRST = 'require "gonfalon"; exit Gonfalon::Client.new(bootstrap: File.binread(ARGV[0])).enabled?("boolean_00000", "user:000003")'
SAMPLES = 30
SAMPLE = 0.01

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

# Returns the right answer by the definitions, and not by the engine.
def right(key, actor)
  Digest::SHA256.digest(actor + key).unpack1("n") / 65_536.0 <= KINDS.fetch(key.split("_")[0])
end

def check(key, actor, found)
  raise "wrong answer: #{key} for #{actor} is #{found}" if found != right(key, actor)

  @checked = @checked.to_i + 1
end

def timed(count)
  began = now
  i = 0
  while i < count
    yield i & 63
    i += 1
  end
  now - began
end

# Returns the nanoseconds of a question, in the best of many samples.
def lowest(&ask)
  count = 1
  count *= 2 while (taken = timed(count, &ask)) < SAMPLE / 2
  count = [1, (count * SAMPLE / taken).to_i].max
  Array.new(SAMPLES) { timed(count, &ask) }.min / count * 1e9
end

def milliseconds
  began = now
  yield
  (now - began) * 1e3
end

def ruby(*arguments)
  [RbConfig.ruby, "-I#{File.join(__dir__, "lib")}", *arguments]
end

# Returns the size of the gem.
def package
  gem = File.join(Dir.mktmpdir, "gonfalon.gem")
  system("sh", File.join(__dir__, "gem.sh"), gem, out: IO::NULL, exception: true)
  File.size(gem) / 1024.0
end

small, large = %w[1000 10000].map { |size| File.join(ENV.fetch("GONFALON_BENCH"), "#{size}.snapshot") }
if ARGV == ["serve"]
  flags = Gonfalon::Client.new(bootstrap: File.binread(large))
  check("boolean_00000", ACTORS[1], flags.enabled?("boolean_00000", ACTORS[1]))
  puts File.read("/proc/self/status")[/VmHWM:\s+(\d+)/, 1].to_i / 1024.0
  exit
end

require "tmpdir"
flags = Gonfalon::Client.new(bootstrap: File.binread(small))
prepared = ACTORS.map { |actor| Gonfalon::Context.new(actor, attributes: ATTRIBUTES) }
figures = { lang: "ruby", engine: "C, by Fiddle", decide_ns: {}, prepared_ns: {} }
KINDS.each_key do |kind|
  keys = Array.new(64) { |i| format("%s_%05d", kind, i).freeze }
  keys.product(ACTORS.zip(prepared)) do |key, (actor, context)|
    check(key, actor, flags.enabled?(key, actor, attributes: ATTRIBUTES))
    check(key, actor, flags.enabled?(key, context))
  end
  figures[:decide_ns][kind] = lowest { |i| flags.enabled?(keys[i], ACTORS[i], attributes: ATTRIBUTES) }
  figures[:prepared_ns][kind] = lowest { |i| flags.enabled?(keys[i], prepared[i]) }
end
flags.decide_all(prepared[1], keys: HUNDRED).each { |decision| check(decision.key, ACTORS[1], decision.enabled?) }
figures[:batch100_ns] = lowest { |i| flags.decide_all(prepared[i], keys: HUNDRED) }
data = File.binread(large)
figures[:load10000_ms] = Array.new(10) { milliseconds { Gonfalon::Client.new(bootstrap: data).close } }.min
figures[:start_ms] = Array.new(7) { milliseconds { system(*ruby("-e", FIRST, small), exception: true) } }.min
figures[:memory_mb] = IO.popen(ruby(__FILE__, "serve"), &:read).to_f
figures[:package_kb] = package
puts JSON.generate(figures.merge(answers_checked: @checked))
