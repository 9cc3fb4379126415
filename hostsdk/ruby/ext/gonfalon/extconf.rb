# frozen_string_literal: true

# Writes the Makefile that compiles the C library when the gem is installed. It needs a C compiler and make, but not
# Ruby's headers: the library knows nothing of Ruby, which calls it by Fiddle.
#
# Why: RATIONALE.md "Why does the gem compile the library without mkmf?"

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

  #{library}: #{Dir[File.join(sources, "gonfalon.h"), File.join(sources, "src/**/*.{c,h}")].sort.join(" ")}
  \t$(CC) $(CFLAGS) -shared -fvisibility=hidden -I#{sources} -o $@ #{sources}/src/gonfalon.c -lm

  install: all
  \tmkdir -p $(DESTDIR)$(sitearchdir)/gonfalon
  \tcp #{library} $(DESTDIR)$(sitearchdir)/gonfalon/#{library}.new
  \tmv -f $(DESTDIR)$(sitearchdir)/gonfalon/#{library}.new $(DESTDIR)$(sitearchdir)/gonfalon/#{library}

  clean:
  \trm -f #{library}

  .PHONY: all install clean
MAKEFILE
