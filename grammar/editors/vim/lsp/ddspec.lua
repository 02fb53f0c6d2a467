-- Neovim 0.11 and newer: `vim.lsp.enable("ddspec")`.
return {
  cmd = { "ddspec", "lsp" },
  filetypes = { "dd" },
  root_markers = { ".git" },
}
