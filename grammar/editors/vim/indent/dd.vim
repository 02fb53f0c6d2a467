" ddspec: two columns for each bracket that is open.
if exists("b:did_indent")
  finish
endif
let b:did_indent = 1

setlocal indentexpr=DdIndent(v:lnum) indentkeys=0},0),0],o,O nosmartindent
let b:undo_indent = "setlocal indentexpr< indentkeys< smartindent<"

if exists("*DdIndent")
  finish
endif

function DdIndent(line) abort
  let before = prevnonblank(a:line - 1)
  if before == 0
    return 0
  endif
  let code = substitute(getline(before), '\v"([^"\\]|\\.)*"|#.*', '', 'g')
  let opens = code =~# '\v[[({]\s*$' ? shiftwidth() : 0
  let closes = getline(a:line) =~# '\v^\s*[\])}]' ? shiftwidth() : 0
  return indent(before) + opens - closes
endfunction
