-- Functions that call back into the script: written in Lua, so that an error of the script passes through them unchanged and
-- their work is counted as instructions. Upvalues carry the names that Lua shows in "bad argument" messages.
local own = ...
local pcall, xpcall, type, select, error = own.pcall, own.xpcall, own.type, own.select, own.error
local tostring, rawget, rawset, next = own.tostring, own.rawget, own.rawset, own.next
local create, resume, wrap, unpack = own.create, own.resume, own.wrap, own.unpack
local reals, caught, text_of = own.reals, own.caught, own.text_of
local lib = {}

-- What pcall caught: Redis hands out the text of an error table.
local function settle(ok, ...)
  if ok then
    return true, ...
  end
  return false, text_of(...)
end

function lib.pcall(...)
  if select('#', ...) == 0 then
    return false
  end
  return settle(pcall(...))
end

local function keep(ok, ...)
  if ok then
    return true, ...
  end
  return false, caught(...)
end

function lib.xpcall(...)
  if select('#', ...) < 2 then
    error("bad argument #2 to 'xpcall' (value expected)", 2)
  end
  local body, handler = ...
  return keep(xpcall(body, function(raised)
    return handler(caught(raised))
  end))
end

function lib.main(body, handler)
  return xpcall(body, handler)
end

function lib.create(body)
  own.charge_thread()
  return create(body)
end

function lib.resume(...)
  return keep(resume(...))
end

function lib.wrap(body)
  own.charge_thread()
  return wrap(body)
end

local shown = {['nil'] = true, boolean = true, number = true, string = true}

function lib.tostring(...)
  local value = ...
  local kind = type(value)
  if shown[kind] then
    if value == nil and select('#', ...) == 0 then
      error("bad argument #1 to 'tostring' (value expected)", 2)
    end
    return tostring(value)
  end
  local method = own.metafield(value, '__tostring')
  if method ~= nil then
    return method(value)
  end
  return kind
end

local keys = {boolean = true, number = true, string = true}

function lib.next(list, key)
  if type(list) ~= 'table' then
    error("bad argument #1 to 'next' (table expected, got " .. type(list) .. ')', 2)
  end
  local found, value = next(reals[list] or list, key)
  if found ~= nil and not keys[type(found)] then
    error(own.object_key, 2)
  end
  return found, value
end

function lib.unpack(list, first, last)
  own.charge_unpack(list, first, last)
  return unpack(list, first, last)
end

function lib.foreach(list, visit)
  if type(list) ~= 'table' then
    error("bad argument #1 to 'foreach' (table expected, got " .. type(list) .. ')', 2)
  end
  for key, value in lib.next, list do
    local result = visit(key, value)
    if result ~= nil then
      return result
    end
  end
end

function lib.foreachi(list, visit)
  if type(list) ~= 'table' then
    error("bad argument #1 to 'foreachi' (table expected, got " .. type(list) .. ')', 2)
  end
  for i = 1, #list do
    local result = visit(i, rawget(list, i))
    if result ~= nil then
      return result
    end
  end
end

function lib.load(reader, name)
  if type(reader) ~= 'function' then
    error("bad argument #1 to 'load' (function expected, got " .. type(reader) .. ')', 2)
  end
  local pieces, count = {}, 0
  while true do
    local ok, piece = pcall(reader)
    if not ok then
      return nil, caught(piece)
    end
    if piece == nil or piece == '' then
      break
    end
    if type(piece) ~= 'string' and type(piece) ~= 'number' then
      return nil, 'reader function must return a string'
    end
    count = count + 1
    pieces[count] = piece
  end
  return own.loadstring(own.concat(pieces), name or '=(load)')
end

local function swap(list, i, j)
  local a, b = rawget(list, i), rawget(list, j)
  rawset(list, i, b)
  rawset(list, j, a)
end

-- The same steps as Lua 5.1's, so that what compares equal ends in the same order.
local function sort(list, low, high, less)
  while low < high do
    if less(rawget(list, high), rawget(list, low)) then
      swap(list, low, high)
    end
    if high - low == 1 then
      return
    end
    local i = (low + high - (low + high) % 2) / 2
    if less(rawget(list, i), rawget(list, low)) then
      swap(list, i, low)
    elseif less(rawget(list, high), rawget(list, i)) then
      swap(list, i, high)
    end
    if high - low == 2 then
      return
    end
    local pivot = rawget(list, i)
    swap(list, i, high - 1)
    local j
    i, j = low, high - 1
    while true do
      i = i + 1
      while less(rawget(list, i), pivot) do
        if i > high then
          error('invalid order function for sorting', 0)
        end
        i = i + 1
      end
      j = j - 1
      while less(pivot, rawget(list, j)) do
        if j < low then
          error('invalid order function for sorting', 0)
        end
        j = j - 1
      end
      if j < i then
        break
      end
      swap(list, i, j)
    end
    swap(list, high - 1, i)
    if i - low < high - i then
      sort(list, low, i - 1, less)
      low = i + 1
    else
      sort(list, i + 1, high, less)
      high = i - 1
    end
  end
end

local function less_than(a, b)
  return a < b
end

function lib.sort(list, less)
  if type(list) ~= 'table' then
    error("bad argument #1 to 'sort' (table expected, got " .. type(list) .. ')', 2)
  end
  if less ~= nil and type(less) ~= 'function' then
    error("bad argument #2 to 'sort' (function expected, got " .. type(less) .. ')', 2)
  end
  own.refuse(list)
  sort(list, 1, #list, less or less_than)
end

return lib
