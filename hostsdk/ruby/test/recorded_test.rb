# frozen_string_literal: true

require_relative "helper"

# Replays the recorded sessions of hostsdk/testdata/sessions, as every SDK does.
class RecordedTest < Minitest::Test
  SESSIONS = Dir[File.join(TREE, "hostsdk/testdata/sessions/*.json")]
  PATIENT = QUICK.merge(grace: 5.0).freeze # what the sessions rest on

  SESSIONS.each do |path|
    define_method("test_#{File.basename(path, ".json")}") { replay(JSON.parse(File.read(path))) }
  end

  def test_there_are_sessions
    refute_empty SESSIONS
  end

  private

  def replay(session)
    bootstrap = session["bootstrap"]&.unpack1("m0")
    FakeServer.open("".b) do |server|
      server.greets = false
      Gonfalon::Client.open(endpoint: server.url, token: "token", bootstrap: bootstrap, ready_within: 0, **PATIENT) do |flags|
        watcher = Watcher.new(flags)
        session["steps"].each { |step| take(step, server, flags, watcher) }
      end
    end
  end

  def take(step, server, flags, watcher)
    kind, content = step.first
    case kind
    when "connect"
      assert_equal content["last_event_id"], server.next_request("/stream").headers.fetch("last-event-id", "")
      server.await_stream
    when "send" then server.send_event(content)
    when "snapshot" then server.snapshot = content.unpack1("m0")
    when "supersedes" then server.supersedes = content
    when "changed" then assert_equal content, watcher.next_change.flags
    when "close" then server.cut
    when "expect" then expect(content, flags, watcher)
    else flunk "a step of an unknown kind: #{step}"
    end
  end

  def expect(expected, flags, watcher)
    wanted = expected.values_at("lineage", "revision", "refused", "state")
    watcher.until_true { [flags.info&.lineage, flags.info&.revision, flags.stats.refused, flags.state] == wanted }
    expected.fetch("decisions", []).each do |question|
      decision = flags.decide(question["flag"], question["actor"], groups: question["groups"], attributes: question["attributes"],
                                                                   now: question["now"], roll: question["roll"].to_i)
      found = GonfalonResolution.of(decision)
      answer = [decision.enabled?, decision.variant, found.value, found.reason, found.error]
      assert_equal question.values_at("enabled", "variant", "value", "reason", "error"), answer, question.inspect
    end
  end
end
