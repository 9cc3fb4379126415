# frozen_string_literal: true

require_relative "helper"

class EventsTest < Minitest::Test
  STREAM = "\xEF\xBB\xBF: hello\nevent: snapshot\nid: 1\ndata: abc\n\nevent:heartbeat\r\ndata:\r\n\r\nretry: 250\rdata: x\rdata: y\r\r\n: only a comment\n\n"
  WANTED = [["snapshot", "abc", nil], ["heartbeat", "", nil], ["message", "x\ny", 250]].freeze

  def test_events_are_read_however_they_are_cut
    (1..STREAM.bytesize).each do |size|
      events = GonfalonEvents.new
      found = []
      STREAM.b.scan(/.{1,#{size}}/mn) { |bytes| events.feed(bytes) { |event| found << event.to_a } }
      assert_equal WANTED, found, "#{size} bytes at once"
    end
  end

  def test_an_event_without_an_end_is_given_up
    ["data: x\n", "data: x\r", "id: 1\n", ": x\n"].each do |line|
      assert_raises(GonfalonUnreadableError, line) { GonfalonEvents.new.feed(line.b * 2000) { flunk } }
    end
    events = GonfalonEvents.new
    assert_raises(GonfalonUnreadableError) { 3000.times { events.feed("x".b * 16_384) { flunk } } }
  end

  def test_many_small_events_are_fine
    count = 0
    GonfalonEvents.new.feed(("event: heartbeat\ndata:\n\n" * 5000).b) { count += 1 }
    assert_equal 5000, count
  end
end
