autocmd BufNewFile,BufRead *.dd setfiletype dd
