# frozen_string_literal: true

# Feature flags evaluated in memory, by the same engine in every language.
#
# A Gonfalon::Client follows an environment and keeps its newest snapshot loaded in the engine, which is a C library. It evaluates flags
# there, in microseconds, whether the server is up or not.
#
# Promises: no evaluation blocks, raises or uses the network · a frame that can't be read changes nothing · any number
# of threads may use a client, also after a fork · the answers are bit for bit those of every other language's SDK.
module Gonfalon
end

require "set"
require_relative "gonfalon/version"
require_relative "gonfalon/values"
require_relative "gonfalon/seconds"
require_relative "gonfalon/msgpack"
require_relative "gonfalon/regular_file"
require_relative "gonfalon/log"
require_relative "gonfalon/worker"
require_relative "gonfalon/mistakes"
require_relative "gonfalon/context"
require_relative "gonfalon/payload"
require_relative "gonfalon/decision"
require_relative "gonfalon/resolution"
require_relative "gonfalon/words"
require_relative "gonfalon/explanation"
require_relative "gonfalon/score"
require_relative "gonfalon/library"
require_relative "gonfalon/instance"
require_relative "gonfalon/request"
require_relative "gonfalon/engine"
require_relative "gonfalon/changes"
require_relative "gonfalon/listener"
require_relative "gonfalon/status"
require_relative "gonfalon/store"
require_relative "gonfalon/events"
require_relative "gonfalon/endpoint"
require_relative "gonfalon/wire"
require_relative "gonfalon/source"
require_relative "gonfalon/host"
require_relative "gonfalon/ticker"
require_relative "gonfalon/payloads"
require_relative "gonfalon/flags"
require_relative "gonfalon/client"
require_relative "gonfalon/fork"
