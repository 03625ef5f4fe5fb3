# Writes OUTPUT: data/law/*.toml as C++ texts (src/daemon/config/law_embedded.h). A change of a file there configures again.
function(custody_embed_law output)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/data/law/*.toml)
  set(rows "")
  foreach(file ${files})
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME)
    file(READ ${file} text)
    string(APPEND rows "    {\"law/${name}\", R\"LAW(${text})LAW\"},\n")
  endforeach()
  set(head "// Generated from data/law by cmake/embed_law.cmake.\n#include \"daemon/config/law_embedded.h\"\n\n")
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT "${head}namespace custody {
namespace {

constexpr EmbeddedLaw kLaws[] = {
${rows}};

}  // namespace

std::span<const EmbeddedLaw> embedded_law() { return kLaws; }

}  // namespace custody
")
endfunction()
