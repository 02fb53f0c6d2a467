" ddspec: comments, formatting by `ddspec fmt`, problems by `:make`.
if exists("b:did_ftplugin")
  finish
endif
let b:did_ftplugin = 1
let s:kept = &cpoptions
set cpoptions&vim

setlocal comments=:# commentstring=#\ %s
setlocal expandtab shiftwidth=2 softtabstop=2
setlocal formatoptions-=t formatoptions+=croql
setlocal formatprg=ddspec\ fmt\ -
setlocal makeprg=ddspec\ check\ %:S
setlocal errorformat=%Eerror[DD%n]:\ %m,%Wwarning[DD%n]:\ %m,%C\ %#-->\ %f:%l:%c,%-G%.%#
setlocal foldmethod=syntax foldlevel=99
setlocal suffixesadd=.dd
setlocal include=^\\s*use\\s\\+\"

let b:undo_ftplugin = "setlocal comments< commentstring< expandtab< shiftwidth< softtabstop<"
      \ . " formatoptions< formatprg< makeprg< errorformat< foldmethod< foldlevel<"
      \ . " suffixesadd< include<"

let &cpoptions = s:kept
unlet s:kept
