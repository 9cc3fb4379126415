# frozen_string_literal: true

# Writes the Makefile that compiles the C library when the gem is installed. It needs a C compiler and make, but not
# Ruby's headers: the library knows nothing of Ruby, which calls it by Fiddle.

require "rbconfig"

carried = File.join(__dir__, "c") # in the gem
sources = File.directory?(carried) ? carried : File.expand_path("../../../c", __dir__)
config = RbConfig::CONFIG
library = "libgonfalon.#{config["SOEXT"] || "so"}"

File.write("Makefile", <<~MAKEFILE)
  CC = #{config["CC"]}
  CFLAGS = -O2 -fPIC
  sitearchdir = #{config["sitearchdir"]}

  all: #{library}

  #{library}: #{sources}/src/gonfalon.c #{sources}/gonfalon.h
  \t$(CC) $(CFLAGS) -shared -fvisibility=hidden -I#{sources} -o $@ #{sources}/src/gonfalon.c -lm

  install: all
  \tmkdir -p $(DESTDIR)$(sitearchdir)/gonfalon
  \tcp #{library} $(DESTDIR)$(sitearchdir)/gonfalon/

  clean:
  \trm -f #{library}

  .PHONY: all install clean
MAKEFILE
