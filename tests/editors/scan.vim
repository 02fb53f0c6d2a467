" The syntax group at each byte of the files that vim was called with → one line each in $GROUPS.
set encoding=utf-8 nomodeline
filetype plugin indent on
syntax on
let s:found = []
for s:file in range(argc())
  execute 'edit' fnameescape(argv(s:file))
  for s:line in range(1, line('$'))
    for s:column in range(1, col([s:line, '$']) - 1)
      call add(s:found, join([s:file, s:line, s:column,
            \ synIDattr(synID(s:line, s:column, 1), 'name')], "\t"))
    endfor
  endfor
endfor
call writefile(s:found, $GROUPS)
qall!
