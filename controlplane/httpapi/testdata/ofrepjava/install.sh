#!/bin/sh
# Downloads the jars of jars.txt from Maven Central into lib, and checks their SHA-256.
set -eu
cd "$(dirname "$0")"
mkdir -p lib
while read -r sum path; do
	jar=lib/${path##*/}
	curl -sSf -o "$jar" "https://repo1.maven.org/maven2/$path"
	echo "$sum  $jar" | sha256sum -c --quiet
done <jars.txt
touch lib/.installed-from
