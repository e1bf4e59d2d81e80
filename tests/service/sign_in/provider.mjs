// A provider of OpenID Connect whose next tokens are forged as a line of JSON on its standard input says:
// {"claims": {..}, "drop": [..], "sign": "none" | "public_key_as_secret" | "other_key" | "unknown_kid", "rotate": true}
// It answers each line with "ok". The first line that it prints is its address.
import { createHmac, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { createInterface } from "node:readline";

import { OAuth2Server } from "oauth2-mock-server";

const server = new OAuth2Server();
await server.issuer.keys.generate("RS256");
await server.start(0, "127.0.0.1");
let forgery = {};

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

server.service.on("beforeTokenSigning", (token) => {
  if (token.payload.scope !== undefined) return; // the access token
  Object.assign(token.payload, forgery.claims);
  for (const name of forgery.drop ?? []) delete token.payload[name];
});

server.service.on("beforeResponse", (response) => {
  const payload = response.body.id_token?.split(".")[1];
  const jwk = server.issuer.keys.toJSON().at(-1);
  const signed = (header, signature) => {
    const text = `${encoded(header)}.${payload}`;
    response.body.id_token = `${text}.${signature(text)}`;
  };
  const byAnother = (text) => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    return sign("sha256", Buffer.from(text), privateKey).toString("base64url");
  };
  if (forgery.sign === "none") signed({ alg: "none", kid: jwk.kid }, () => "");
  if (forgery.sign === "public_key_as_secret") {
    const pem = createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" });
    const byPem = (text) => createHmac("sha256", pem).update(text).digest("base64url");
    signed({ alg: "HS256", kid: jwk.kid }, byPem);
  }
  if (forgery.sign === "other_key") signed({ alg: "RS256", kid: jwk.kid }, byAnother);
  if (forgery.sign === "unknown_kid") signed({ alg: "RS256", kid: "nobody" }, byAnother);
});

console.log(server.issuer.url);
for await (const line of createInterface({ input: process.stdin })) {
  forgery = JSON.parse(line);
  // Keys are used in turn: from now on the old one for access tokens, which nobody reads, the new one for ID tokens.
  if (forgery.rotate) await server.issuer.keys.generate("RS256");
  console.log("ok");
}
await server.stop();
