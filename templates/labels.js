// Labels in the chart: without what the parent already says, elided in the middle.

function relativeName(name, parentName) {
  if (!parentName || name === parentName) return name;
  const parent = parentName.split(".");
  const parts = name.split(".");
  let shared = 0;
  while (shared < parts.length - 1 && shared < parent.length && parts[shared] === parent[shared]) {
    shared += 1;
  }
  return shared ? `.${parts.slice(shared).join(".")}` : name;
}

function elided(text, most) {
  if (text.length <= most) return text;
  if (most < 3) return "";
  // Too short for two ends to be read: the beginning says more.
  if (most < 9) return `${text.slice(0, most - 1)}…`;
  const head = Math.ceil((most - 1) / 2);
  const tail = Math.floor((most - 1) / 2);
  return `${text.slice(0, head)}…${tail ? text.slice(-tail) : ""}`;
}
