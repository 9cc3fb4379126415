# frozen_string_literal: true

require_relative "helper"

class StatusTest < Minitest::Test
  # Nobody would be told of it before something else happens.
  def test_a_state_that_has_changed_since_it_was_settled_is_due_at_once
    status = GonfalonStatus.new(GonfalonLog.new(SILENT), grace: 0.1)
    status.contact
    status.failed("away")
    sleep 0.15
    assert_equal 0, status.due
    assert_equal ["STALE", nil], [status.state, status.due]
  end
end
