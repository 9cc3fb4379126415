# frozen_string_literal: true

module Gonfalon
  VERSION = "0.2.0"
end
