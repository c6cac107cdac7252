add_library(usermod_usbline INTERFACE)
target_sources(usermod_usbline INTERFACE ${CMAKE_CURRENT_LIST_DIR}/usbline.c)
target_link_libraries(usermod INTERFACE usermod_usbline)
