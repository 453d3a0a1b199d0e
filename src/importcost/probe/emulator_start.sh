# Starts the Runtime Interface Emulator with the function's runtime as its child.
# Run as `sh -c TEXT start HANDLER SEARCH_PATH LOG BOOTSTRAP`; what it prints goes to LOG.
. /importcost-variables # the function's own: on no command line that ps shows
handler=$1 search_path=$2 log=$3 bootstrap=$4
for emulator in /usr/local/bin/aws-lambda-rie /usr/bin/aws-lambda-rie; do
  [ -x "$emulator" ] || continue
  if [ -x /var/runtime/bootstrap ]; then
    exec "$emulator" /var/runtime/bootstrap "$handler" >"$log" 2>&1
  fi
  python=/var/lang/bin/python3
  [ -x "$python" ] || python=python3
  export PYTHONPATH="$search_path"
  exec "$emulator" "$python" -c "$bootstrap" "$handler" >"$log" 2>&1
done
echo "importcost: no emulator" >"$log"
exec sleep 60
