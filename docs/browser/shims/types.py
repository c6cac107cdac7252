def MappingProxyType(table):
    return table
