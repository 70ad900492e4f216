/// <reference types="vitest/config" />
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vite';

export default defineConfig(({ mode }) => ({
  base: './',
  plugins: [svelte(), ...(mode === 'test' ? [svelteTesting()] : [])],
  build: {
    target: 'es2022',
    // The window's policy allows fonts from its own origin only, so no file may become a data: URL.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 600,
  },
  server: { host: 'localhost', port: 5173, strictPort: true },
  preview: { host: 'localhost', port: 4173, strictPort: true },
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
    // Axe reads a whole page, and the machines that run it are shared.
    testTimeout: 20_000,
  },
}));
