#compdef poultice
# To install:
# mkdir -p ~/.zfunc && poultice completion zsh > ~/.zfunc/_poultice
# and in ~/.zshrc, before compinit: fpath+=~/.zfunc; autoload -Uz compinit && compinit

_poultice_completion() {
    local -a completions
    local -a completions_with_descriptions
    local -a response
    (( ! $+commands[poultice] )) && return 1

    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) _POULTICE_COMPLETE=zsh_complete poultice)}")

    for type key descr in ${response}; do
        if [[ "$type" == "plain" ]]; then
            if [[ "$descr" == "_" ]]; then
                completions+=("$key")
            else
                completions_with_descriptions+=("$key":"$descr")
            fi
        elif [[ "$type" == "path" ]]; then
            local -a how=(-U -V unsorted)
            if [[ "$key" == */ ]]; then how+=(-S ''); fi
            # A quoted ~ would be no home any more.
            if [[ "$key" == '~'* ]]; then how+=(-Q); key="~${(q)key[2,-1]}"; fi
            compadd "${how[@]}" -- "$key"
        elif [[ "$type" == "dir" ]]; then
            _path_files -/
        elif [[ "$type" == "file" ]]; then
            _path_files -f
        fi
    done

    if [ -n "$completions_with_descriptions" ]; then
        _describe -V unsorted completions_with_descriptions -U
    fi

    if [ -n "$completions" ]; then
        compadd -U -V unsorted -- ${completions:#*[:=@?]}
        compadd -U -V unsorted -S '' -- ${(M)completions:#*[:=@?]}
    fi
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    # autoload from fpath, call function directly
    _poultice_completion "$@"
else
    # eval/source/. command, register function for later
    compdef _poultice_completion poultice
fi
