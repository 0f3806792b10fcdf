import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  build: {
    // The manifest is what `npm run size` reads to know which files the first page needs.
    manifest: true,
    // An inlined asset would need `data:` in more places than the content policy allows.
    assetsInlineLimit: 0,
    target: 'es2022',
  },
  server: {
    // For work on the client alone: Flask answers the API. The product never runs this server.
    proxy: { '/api': 'http://localhost:8000' },
  },
})
