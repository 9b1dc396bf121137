/** The `solebook` command: reads the verb and hands over to its file, loading no other. */
export async function main(argv: string[]): Promise<void> {
  const [verb = "help"] = argv;
  if (verb === "help" || verb === "--help") {
    process.stdout.write("solebook VERB\n\nverbs:\n  help   this page\n");
    return;
  }
  process.stderr.write(`solebook: no verb "${verb}"; see \`solebook help\`\n`);
  process.exitCode = 2;
}
