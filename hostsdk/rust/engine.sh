# Which engine the scripts beside this build: GONFALON_ENGINE is c (the default) or wasmi.
case ${GONFALON_ENGINE:-c} in
c) engine= ;;
wasmi) engine="--no-default-features --features engine-wasmi" ;;
*) echo "GONFALON_ENGINE is c or wasmi, not $GONFALON_ENGINE" >&2 && exit 2 ;;
esac
