# frozen_string_literal: true

# A Rack app whose pages depend on a flag. As a program it answers one request, whose path it is given:
#
#   GONFALON_ENDPOINT=http://127.0.0.1:8080 GONFALON_TOKEN=gfn_sdk_… ruby -Ilib examples/shop.rb "/?user=user:3&group=staff"
#
# In a server it is a config.ru: `run Shop.app(flags)`.

require "rack"
require "gonfalon"
require "gonfalon/rack"

# The shop.
module Shop
  # Returns the app, which asks these flags.
  def self.app(flags)
    Rack::Builder.new do
      use Gonfalon::Middleware, flags do |env|
        asked = Rack::Request.new(env).params
        { actor: asked["user"], groups: asked["group"], attributes: { path: env["PATH_INFO"] } }
      end
      run ->(env) { [200, {}, [env["gonfalon"].enabled?(:new_checkout) ? "the new checkout" : "the old checkout"]] }
    end
  end
end

if $PROGRAM_NAME == __FILE__
  Gonfalon::Client.open do |flags| # GONFALON_ENDPOINT and GONFALON_TOKEN say of which server
    puts Rack::MockRequest.new(Shop.app(flags)).get(ARGV.fetch(0, "/")).body
  end
end
