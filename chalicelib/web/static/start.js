// Starts Swagger UI on our own document. No inline script, no outside request: the page's policy forbids both.
"use strict";

// This script lies at <root>/docs/start.js; requests go to where the page came from, by whatever name.
const root = new URL("..", document.currentScript.src);

// With a credential the document holds what its tenant has enabled, else everything.
async function contract(token) {
  const answer = await fetch(new URL("v1/openapi.json", root), {
    headers: token ? { Authorization: `Bearer ${token}` } : {},
  });
  const found = await answer.json();
  if (!answer.ok) {
    throw new Error(`${found.title} ${found.detail}`);
  }
  return { ...found, servers: [{ url: root.href.replace(/\/$/, "") }] };
}

async function show(token) {
  try {
    ui.specActions.updateSpec(JSON.stringify(await contract(token)));
  } catch (error) {
    console.warn("The document stays as it is:", error.message);
  }
}

// Signing in or out (the button «Authorize») fetches the document anew.
const renewed = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        authorize: (next) => (credentials) => {
          show(credentials.bearer?.value);
          return next(credentials);
        },
        logout: (next) => (names) => {
          show();
          return next(names);
        },
      },
    },
  },
});

const ui = SwaggerUIBundle({
  dom_id: "#docs",
  spec: {},
  plugins: [renewed],
  validatorUrl: null, // the default asks validator.swagger.io
  persistAuthorization: false, // a token stays in this page's memory
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
});
show();
