# To install:
# mkdir -p ~/.local/share/bash-completion/completions
# poultice completion bash > ~/.local/share/bash-completion/completions/poultice
# Without the package bash-completion, in ~/.bashrc: source <(poultice completion bash)
_poultice_completion() {
    local IFS=$'\n' response completion type value
    response=$(env COMP_LINE="$COMP_LINE" COMP_POINT="$COMP_POINT" \
        COMP_WORDBREAKS="$COMP_WORDBREAKS" COMP_WORDS="${COMP_WORDS[*]}" \
        COMP_CWORD="$COMP_CWORD" _POULTICE_COMPLETE=bash_complete "$1" 2>/dev/null)
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        if [[ $type == dir ]]; then
            COMPREPLY=()
            compopt -o dirnames
        elif [[ $type == file ]]; then
            COMPREPLY=()
            compopt -o default
        elif [[ $type == path ]]; then
            compopt -o filenames
            COMPREPLY+=("$value")
        elif [[ $type == plain ]]; then
            COMPREPLY+=("$value")
            case $value in *[:=@?] | *[:=@?]\') compopt -o nospace ;; esac
        fi
    done
    return 0
}
complete -o nosort -F _poultice_completion poultice
