# Completion of adder's command line in bash: options from its own help, modules behind -m, files else.
_adder() {
  local program=$1 word=$2 before=$3 at
  COMPREPLY=()
  [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD - 2]}
  # Behind the program come its own arguments.
  for ((at = 1; at < COMP_CWORD; at++)); do
    case ${COMP_WORDS[at]} in
      -W | -X) ((at++)) ;;
      -c | -m) ((at + 1 < COMP_CWORD)) && return ;;
      -*) [[ ${COMP_WORDS[at + 1]} == = ]] && ((at += 2)) ;;
      *) return ;;
    esac
  done
  case $before in
    -c) ;;
    -m) mapfile -t COMPREPLY < <(compgen -W "$("$program" -c 'import pkgutil; print(*{m.name for m in pkgutil.iter_modules()})' 2>/dev/null)" -- "$word") ;;
    -W) mapfile -t COMPREPLY < <(compgen -W "default error ignore always module once" -- "$word") ;;
    -X) mapfile -t COMPREPLY < <(compgen -W "$("$program" --help-xoptions | sed -n 's/^-X \([a-z_]*\).*/\1/p')" -- "$word") ;;
    --check-hash-based-pycs) mapfile -t COMPREPLY < <(compgen -W "always default never" -- "$word") ;;
    --explain)
      [[ ${COMP_WORDS[COMP_CWORD]} == = ]] && word=
      [[ ${COMP_WORDS[COMP_CWORD - 1]} == = || ${COMP_WORDS[COMP_CWORD]} == = ]] &&
        mapfile -t COMPREPLY < <(compgen -W "tokens tree code values arrays" -- "$word")
      ;;
    *)
      [[ $word == -* ]] && mapfile -t COMPREPLY < <(compgen -W "$("$program" --help-all | grep -oE '^(-[A-Za-z]|--[a-z-]+)') --version --help" -- "$word")
      ;;
  esac
}
complete -o default -F _adder adder
