-- Runs the program ARGV[1] and says what came of it as text: the values it returned, or its error.
local show
local function key(k) return type(k) .. ':' .. tostring(k) end
local function quoted(s)
  return '"' .. s:gsub('[%c"\\\127-\255]', function(c) return ('\\%03d'):format(c:byte()) end) .. '"'
end
local function content(t, depth)
  if depth > 20 then return '...' end
  local keys = {}
  for k in pairs(t) do
    local n = #keys + 1
    keys[n] = k
  end
  table.sort(keys, function(a, b)
    if type(a) == 'number' and type(b) == 'number' then return a < b end
    return key(a) < key(b)
  end)
  for i, k in ipairs(keys) do keys[i] = show(k, depth) .. '=' .. show(t[k], depth) end
  return '{' .. table.concat(keys, ',') .. '}'
end
show = function(v, depth)
  if type(v) == 'number' then return ('%.17g'):format(v) end
  if type(v) == 'string' then return quoted(v) end
  if type(v) == 'table' then return content(v, depth + 1) end
  if v == nil or type(v) == 'boolean' then return tostring(v) end
  if v == cjson.null then return 'null' end
  return '<' .. type(v) .. '>'
end
local function result(ok, ...)
  local out = {}
  for i = 1, select('#', ...) do out[i] = show((select(i, ...)), 0) end
  return (ok and 'ok ' or 'error ') .. table.concat(out, ' ')
end
local f, problem = loadstring(ARGV[1], '@user_script')
if not f then return 'syntax ' .. quoted(problem) end
return result(xpcall(f, function(e) return e end))
